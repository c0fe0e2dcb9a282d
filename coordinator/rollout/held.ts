/**
 * A host says that it has a slot. That is news only when what led to it was forgotten by a Redis that failed over: the slot counts again before
 * any other is granted. What nobody knows the beginning of is a person's, or its own result's, to decide.
 */
import { hasEnded } from '../../shared/states.ts'
import { deadline } from './attempt.ts'
import type { AgentEvent } from './event.ts'
import type { Changed } from './outcome.ts'
import { assign, at, isOnlyAdopted } from './row.ts'
import type { Rollout, Task } from './state.ts'

type SlotHeld = Extract<AgentEvent, { type: 'SlotHeld' }>

const FORGOTTEN = 'Redis failed over and has forgotten how this attempt began; the host is still at it'

export function onSlotHeld(rollout: Rollout, task: Task, event: SlotHeld, now: number): Changed | null {
  if (event.attempt < task.attempt || hasEnded(rollout.phase)) return null
  if (event.attempt === task.attempt) return task.state === 'sent' ? heldAgain(rollout, task, event, now) : null
  const failure = { step: null, exitCode: -1, message: FORGOTTEN, revert: 'not-needed' as const, attempt: event.attempt, atMs: now }
  return { rollout, task: { ...at(task, 'unknown', now), attempt: event.attempt, touchedAtMs: task.touchedAtMs ?? now, changed: true, failure } }
}

/** As if it had just been granted, but for the grant, which the host has. */
function heldAgain(rollout: Rollout, task: Task, event: SlotHeld, now: number): Changed {
  const isUntouched = task.touchedAtMs === null || isOnlyAdopted(task)
  const before = isUntouched ? event.installed : task.before
  const held: Task = { ...at(task, 'claimed', now), before, touchedAtMs: task.touchedAtMs ?? now, changed: true, dueAtMs: deadline(rollout, now) }
  return { rollout, task: held, effects: [assign(held)] }
}
