/** Owns the invariant that a rollout's counts equal what its rows say: every change of a row passes through `recount`. */
import { TASK_STATES } from '../../shared/states.ts'
import type { Direction, TaskState } from '../../shared/states.ts'
import { isAgain, isLeftOut } from './row.ts'
import { QUEUE_KINDS } from './state.ts'
import type { QueueKind, QueueName, Rollout, Tally, Task, Warm, Warming, Wave } from './state.ts'

export function emptyTally(): Tally {
  return Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Tally
}

export function emptyQueues(): Record<QueueName, number> {
  const names = QUEUE_KINDS.flatMap((kind): QueueName[] => [`${kind}-forward`, `${kind}-back`])
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<QueueName, number>
}

const AT_REST: ReadonlySet<TaskState> = new Set<TaskState>(['waiting', 'withdrawn', 'succeeded', 'failed', 'timed-out', 'unreachable', 'skipped'])

/** The queues that a row is in, each with the row's place in it (lowest first). */
export function queuesOf(task: Task): Partial<Record<QueueName, number>> {
  const queues: Partial<Record<QueueName, number>> = {}
  const put = (kind: QueueKind, score: number) => {
    queues[`${kind}-${task.direction}`] = score
  }
  const { state } = task
  if ((state === 'waiting' || state === 'withdrawn') && task.parked === null) put('offer', task.rank)
  if (state === 'sent' && task.inLineSinceMs === null) put('sent', task.sinceMs)
  if (state === 'sent' && task.inLineSinceMs !== null) put('claim', task.inLineSinceMs)
  if (state === 'failed' || state === 'timed-out' || state === 'unreachable') put('retry', task.order)
  if (isAgain(task)) put('again', task.order)
  if (isLeftOut(task)) put('left', task.order)
  if (task.direction === 'forward' && task.touchedAtMs !== null && AT_REST.has(state)) put('done', donePlace(task))
  // Only the way forward is prepared, wherever the task has gone since.
  if (task.warm === 'cold') queues['cold-forward'] = task.order
  if (task.warm === 'warming') queues['warming-forward'] = task.order
  return queues
}

/** Above any time in ms for two centuries to come; times the waves of a rollout it is still an integer that a double holds exactly. */
export const WAVE_PLACES = 2 ** 43

/** The last wave is put back first, and in a wave the last host that was done; so the rows of one wave lie together. */
function donePlace({ wave, sinceMs }: Task): number {
  return -(wave * WAVE_PLACES + sinceMs)
}

/** The places of one wave's rows in the queue `done-forward`, both included. */
export function donePlaces(wave: number): { from: number; to: number } {
  return { from: -((wave + 1) * WAVE_PLACES - 1), to: -wave * WAVE_PLACES }
}

/** Takes `before` out of the counts and puts `after` in. Both are the same host's row. */
export function recount(rollout: Rollout, before: Task, after: Task): Rollout {
  if (before === after) return rollout
  const waves = [...rollout.waves]
  const queues = { ...rollout.queues }
  const add = (task: Task, by: 1 | -1) => {
    const wave = waves[task.wave]
    if (wave === undefined) return
    waves[task.wave] = addToWave(wave, task, by)
    for (const name of Object.keys(queuesOf(task)) as QueueName[]) queues[name] += by
  }
  add(before, -1)
  add(after, 1)
  return { ...rollout, waves, queues, warming: recountWarming(rollout.warming, before, after) }
}

function recountWarming(warming: Warming | null, before: Task, after: Task): Warming | null {
  if (warming === null || before.warm === after.warm) return warming
  const change = (warm: Warm) => Number(after.warm === warm) - Number(before.warm === warm)
  return { ...warming, warm: warming.warm + change('warm'), missed: warming.missed + change('missed') }
}

/** Counts `task` into (or out of) its wave. */
export function addToWave(wave: Wave, task: Task, by: 1 | -1): Wave {
  const tally = { ...wave[task.direction] }
  tally[task.state] += by
  const parked = task.direction === 'forward' && task.parked !== null ? wave.parked + by : wave.parked
  const done = queuesOf(task)['done-forward'] === undefined ? wave.done : wave.done + by
  return { ...wave, [task.direction]: tally, parked, done }
}

/** How many rows are in any of `states`, going in `direction`, over the waves up to and including `lastWave`. */
export function count(rollout: Rollout, direction: Direction, states: readonly TaskState[], lastWave = rollout.waves.length - 1): number {
  let total = 0
  for (const wave of rollout.waves.slice(0, lastWave + 1)) for (const state of states) total += wave[direction][state]
  return total
}

const HOLDING_A_SLOT = ['claimed', 'running', 'unknown'] as const

/** Slots in use, whichever way their tasks go: a host that was claimed keeps its slot until its outcome is known. */
export function occupied(rollout: Rollout): number {
  return count(rollout, 'forward', HOLDING_A_SLOT) + count(rollout, 'back', HOLDING_A_SLOT)
}

/** Commands sent whose hosts hold no slot yet. */
export function unclaimed(rollout: Rollout): number {
  return count(rollout, 'forward', ['sent']) + count(rollout, 'back', ['sent'])
}

/** The promise: never more hosts than this hold a slot at once. */
export function windowOf(rollout: Rollout): number {
  const { concurrency } = rollout.strategy
  if (concurrency !== null) return concurrency
  if (rollout.direction === 'forward') return rollout.waves[rollout.wave]?.size ?? 1
  return Math.max(1, ...rollout.waves.slice(0, rollout.wave + 1).map((wave) => wave.size))
}

export function failures(rollout: Rollout): { failed: number; unreachable: number } {
  return { failed: count(rollout, 'forward', ['failed', 'timed-out']), unreachable: count(rollout, 'forward', ['unreachable']) }
}

/** Rows that a requested retry has still to visit. Until it has, nothing is judged by the failures that it is about to take away. */
export function isAboutToRetry({ toRetry, toBegin }: Rollout): boolean {
  return toRetry + toBegin > 0
}

/** How many rows at rest a rollback has still to turn. */
export function toTurn({ backOnly, queues, waves }: Rollout): number {
  return backOnly === null ? queues['done-forward'] : (waves[backOnly]?.done ?? 0)
}
