/** What one step is worth telling outside of the rollout: to the host's history, to the limits over all rollouts, to subscribers. */
import { hasEnded } from '../../shared/states.ts'
import type { TaskState } from '../../shared/states.ts'
import type { Announcement, Effect } from './effect.ts'
import { awaitsVerdict, explain } from './explain.ts'
import type { Rollout, Task } from './state.ts'
import { want } from './want.ts'

type Snapshot = { rollout: Rollout; task: Task | null }

export function tell(before: Snapshot, after: Snapshot, now: number): Effect[] {
  const effects: Effect[] = []
  if (before.task !== null && after.task !== null && before.task !== after.task) effects.push(...tellOfHost(after.rollout, before.task, after.task, now))
  for (const event of eventsBetween(before.rollout, after.rollout)) {
    const { phase } = after.rollout
    effects.push({ type: 'Announce', announcement: { event, phase, why: explain(after.rollout).why, atMs: now } })
  }
  return effects
}

const WORTH_A_RECORD: ReadonlySet<TaskState> = new Set<TaskState>(['succeeded', 'failed', 'timed-out', 'unreachable', 'skipped', 'unknown'])
/** May have a place under the limits over all rollouts: in line for a slot, or with one. */
const PLACED: ReadonlySet<TaskState> = new Set<TaskState>(['sent', 'claimed', 'running', 'unknown'])

function tellOfHost(rollout: Rollout, before: Task, after: Task, now: number): Effect[] {
  const { host, attempt, direction, state } = after
  const effects: Effect[] = []
  if (rollout.limited && mayBeDown(before) && !mayBeDown(after)) effects.push({ type: 'FreeSlot', host })
  const hasFailedOnce = after.parked === 'backoff' && before.parked !== 'backoff'
  if ((before.state !== state && WORTH_A_RECORD.has(state)) || hasFailedOnce) {
    const told = after.failure?.attempt === attempt && state !== 'succeeded' && state !== 'skipped'
    // Where nothing was to be done, the host has not said what ran before: it was this.
    const wasThere = state === 'succeeded' && direction === 'forward' && after.changed === false
    const from = after.before?.version ?? (wasThere ? rollout.release : null)
    const message = told ? (after.failure?.message ?? null) : wasThere ? 'ran already, and was not touched' : null
    const { by, reason } = deciderOf(rollout, after)
    const recorded = hasFailedOnce ? 'failed' : state
    effects.push({
      type: 'Record', host,
      entry: { attempt, direction, state: recorded, from, message, by, reason, atMs: now },
    })
  }
  return effects
}

/** Who began the rollout; of a host that a person skipped or had killed, that person. */
function deciderOf({ actor, reason, notes }: Rollout, { host, state, killed }: Task): { by: string; reason: string | null } {
  const control = state === 'skipped' ? 'skip' : killed === null ? null : 'kill'
  return notes.findLast((note) => note.control === control && note.host === host) ?? { by: actor, reason }
}

/** Where its own way back failed too, the service may be down, and counts as such until something succeeds there or a person says that it does not count. */
export function mayBeDown({ state, failure }: Task): boolean {
  return PLACED.has(state) || (failure?.revert === 'failed' && state !== 'succeeded' && state !== 'skipped')
}

function eventsBetween(before: Rollout, after: Rollout): Announcement['event'][] {
  const moved = eventBetween(before, after)
  const waits = standsOnUnknown(after) && !standsOnUnknown(before)
  return [...(moved === null ? [] : [moved]), ...(waits ? ['waits' as const] : [])]
}

/** Between two hosts, while the next is still to be offered its turn, it waits for nobody. */
function standsOnUnknown(rollout: Rollout): boolean {
  return awaitsVerdict(rollout) && want(rollout) === null
}

function eventBetween(before: Rollout, after: Rollout): Announcement['event'] | null {
  if (hasEnded(after.phase) && !hasEnded(before.phase)) return 'ended'
  if (after.phase === 'rolling-back' && (before.direction !== 'back' || hasEnded(before.phase))) return 'rolling-back'
  if (after.hold !== null && after.hold.kind !== before.hold?.kind) return 'held'
  if (after.gate?.kind === 'manual' && before.gate?.kind !== 'manual') return 'gate'
  if (before.startedAtMs === null && after.startedAtMs !== null) return 'started'
  return null
}
