/**
 * Hosts fetch ahead: before the first wave all of them at once, so that they have each other to fetch from. Owns that nothing else begins meanwhile, that
 * no host's failure or absence here is one of the rollout (it fetches in its turn), and that no prefetch outlasts the warming.
 */
import type { Effect } from './effect.ts'
import type { AgentEvent, EngineEvent } from './event.ts'
import type { Changed } from './outcome.ts'
import type { Rollout, Task, Warm } from './state.ts'

/** Prefetches under way at once in one rollout. As many as possible is the point; what each costs is an order in a mailbox, and its reports. */
export const MAX_PREFETCHES = 2000

type EventOf<T extends (AgentEvent | EngineEvent)['type']> = Extract<AgentEvent | EngineEvent, { type: T }>

/** Whether hosts are being warmed, or stopped at that. Until they are not, no wave and no script begins. */
export function isWarming({ warming, queues }: Rollout): boolean {
  return warming !== null && (warming.state === 'open' || queues['warming-forward'] > 0)
}

/** How many more may be asked. */
export function roomToWarm({ queues }: Rollout): number {
  return Math.max(0, MAX_PREFETCHES - queues['warming-forward'])
}

/** Whoever has not fetched by now does so in its turn. What has been over is not opened again: a retry and the way back warm nobody. */
export function withWarmingOver(rollout: Rollout): Rollout {
  const { warming } = rollout
  return warming === null || warming.state === 'over' ? rollout : { ...rollout, warming: { ...warming, state: 'over', untilMs: null } }
}

/** The time that the first wave waits runs only while the rollout moves, and begins anew when it goes on. */
export function withWarmingStopped(rollout: Rollout): Rollout {
  const { warming } = rollout
  return warming === null || warming.untilMs === null ? rollout : { ...rollout, warming: { ...warming, untilMs: null } }
}

/** The running rollout while it warms its hosts; null: it does not. */
export function advanceWarming(rollout: Rollout, now: number): Rollout | null {
  const { warming, queues, strategy } = rollout
  if (warming === null || !isWarming(rollout)) return null
  if (warming.state === 'open' && queues['cold-forward'] + queues['warming-forward'] === 0) return withWarmingOver(rollout)
  if (warming.state === 'over' || warming.untilMs !== null) return rollout
  return { ...rollout, warming: { ...warming, untilMs: now + strategy.prefetchWithinMs } }
}

export function onWarmingTimePassed(rollout: Rollout, now: number): Rollout {
  const untilMs = rollout.warming?.untilMs ?? null
  return untilMs !== null && untilMs <= now ? withWarmingOver(rollout) : rollout
}

export function onPrefetchOffered(rollout: Rollout, task: Task, { presence }: EventOf<'PrefetchOffered'>): Changed | null {
  if (task.warm !== 'cold' || !isOpen(rollout) || roomToWarm(rollout) === 0) return null
  if (presence === 'away') return { rollout, task: { ...task, warm: 'missed' } }
  const number = task.prefetch + 1
  return {
    rollout, task: { ...task, warm: 'warming', prefetch: number },
    effects: [{ type: 'SendPrefetch', host: task.host, number, revision: task.revision }],
  }
}

export function onPrefetchEnded(rollout: Rollout, task: Task, { number, verdict }: EventOf<'PrefetchEnded'>): Changed | null {
  if (task.warm !== 'warming' || number !== task.prefetch) return null
  const { host } = task
  return { rollout, task: { ...task, warm: verdict === 'succeeded' ? 'warm' : 'missed' }, effects: [{ type: 'ClosePrefetch', host, number }] }
}

/** While the rollout is held, hosts stop, and are asked again when it goes on. */
export function onPrefetchWithdrawalDue(rollout: Rollout, task: Task): Changed | null {
  if (isOpen(rollout)) return null
  const stopped = cooled(task, rollout.warming?.state === 'open' ? 'cold' : 'missed')
  return stopped.effects.length === 0 ? null : { rollout, ...stopped }
}

/** The host is not warmed after all. */
export function unwarmed(task: Task): { task: Task; effects: Effect[] } {
  return task.warm === 'cold' ? { task: { ...task, warm: 'missed' }, effects: [] } : cooled(task, 'missed')
}

/** What is out is taken back. */
function cooled(task: Task, warm: Warm): { task: Task; effects: Effect[] } {
  if (task.warm !== 'warming') return { task, effects: [] }
  return { task: { ...task, warm }, effects: [{ type: 'WithdrawPrefetch', host: task.host, number: task.prefetch }] }
}

function isOpen({ phase, warming }: Rollout): boolean {
  return phase === 'running' && warming?.state === 'open'
}
