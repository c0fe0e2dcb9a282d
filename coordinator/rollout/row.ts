/** A host's row: how it goes over into another state, and the effects that its own words make. */
import type { Revert } from '../../shared/command.ts'
import type { TaskState } from '../../shared/states.ts'
import type { Effect } from './effect.ts'
import type { Rollout, Task } from './state.ts'

/** The row in another state, with everything that belonged to the state before cleared. */
export function at(task: Task, state: TaskState, now: number): Task {
  return { ...task, state, sinceMs: now, parked: null, dueAtMs: null, inLineSinceMs: null, step: null }
}

/** Whether tasks of this row's direction may begin now. */
export function isMoving(rollout: Rollout, task: Task): boolean {
  return task.direction === rollout.direction && rollout.phase === (task.direction === 'forward' ? 'running' : 'rolling-back')
}

/** Whether the current attempt's outcome is still open. */
export function isOut({ state }: Task): boolean {
  return state === 'sent' || state === 'claimed' || state === 'running' || state === 'unknown'
}

/** Waits for another try, of its own or of a person's asking. */
export function isAgain({ state, direction, tries, failure }: Task): boolean {
  const isOpen = state === 'waiting' || state === 'withdrawn'
  return isOpen && (direction === 'forward' ? failure !== null : tries > 0)
}

/** Its assignment has moved while it was away, and nothing that runs on it was touched. */
export function isOnlyAdopted({ direction, touchedAtMs, changed }: Task): boolean {
  return direction === 'forward' && touchedAtMs !== null && changed === null
}

/** Left out, and nothing was done on it. */
export function isLeftOut(task: Task): boolean {
  const isOver = task.state === 'unreachable' || task.state === 'skipped'
  return task.direction === 'forward' && isOver && (task.touchedAtMs === null || isOnlyAdopted(task))
}

/** Of an attempt that touched nothing: where an earlier one left the host down, it still is. */
export function revertBefore({ failure }: Task): Revert {
  return failure?.revert === 'failed' ? 'failed' : 'not-needed'
}

export function withdraw({ host, attempt }: Task): Effect {
  return { type: 'WithdrawCommand', host, attempt }
}

export function close({ host, attempt }: Task): Effect {
  return { type: 'CloseCommand', host, attempt }
}

export function grant({ host, attempt }: Task, epoch: number): Effect {
  return { type: 'GrantSlot', host, attempt, epoch }
}

export function assign(task: Task): Effect {
  return { type: 'Assign', host: task.host, revision: goalOf(task) }
}

/** Back to what the host ran before the task touched it. */
export function unassign(task: Task): Effect {
  return { type: 'Assign', host: task.host, revision: task.direction === 'forward' ? (task.before?.revision ?? null) : task.revision }
}

/** What the task takes its host to; null: off the service. */
export function goalOf(task: Task): string | null {
  return task.direction === 'forward' ? task.revision : (task.before?.revision ?? null)
}
