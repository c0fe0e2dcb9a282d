/** What watchers are told about one event: the difference that it made, for people. */
import type { RolloutChange } from '../../shared/api/change.ts'
import type { Event } from '../rollout/event.ts'
import { explain } from '../rollout/explain.ts'
import { controlOf } from '../rollout/note.ts'
import type { Rollout, Task } from '../rollout/state.ts'

type Snapshot = { rollout: Rollout; task: Task | null }

export function changesBetween(before: Snapshot, after: Snapshot, event: Event, now: number): RolloutChange[] {
  const changes: RolloutChange[] = []
  if (after.task !== null && before.task !== null && taskDiffers(before.task, after.task)) changes.push(taskChange(after.task, now))
  if (rolloutDiffers(before.rollout, after.rollout)) changes.push(rolloutChange(after.rollout, causeOf(event), now))
  return changes
}

export function rolloutChange(rollout: Rollout, cause: Extract<RolloutChange, { kind: 'rollout' }>['cause'], now: number): RolloutChange {
  const { phase, direction, wave, waves, gate, hold } = rollout
  return { kind: 'rollout', atMs: now, phase, direction, wave, waves: waves.length, gate, hold, why: explain(rollout).why, cause }
}

function taskChange(task: Task, now: number): RolloutChange {
  const { host, wave, direction, state, parked, step, attempt } = task
  const told = task.failure?.attempt === attempt && state !== 'sent' && state !== 'claimed' && state !== 'running' && state !== 'succeeded'
  return { kind: 'task', atMs: now, host, wave, direction, state, parked, step, attempt, message: told ? (task.failure?.message ?? null) : null }
}

function taskDiffers(a: Task, b: Task): boolean {
  return a.state !== b.state || a.step !== b.step || a.direction !== b.direction || a.parked !== b.parked || a.attempt !== b.attempt
}

function rolloutDiffers(a: Rollout, b: Rollout): boolean {
  return a.phase !== b.phase || a.direction !== b.direction || a.wave !== b.wave || a.gate !== b.gate || a.hold !== b.hold || a.scripts !== b.scripts
    || a.warming?.state !== b.warming?.state
}

function causeOf(event: Event): Extract<RolloutChange, { kind: 'rollout' }>['cause'] {
  if (!('by' in event)) return null
  return { control: controlOf(event), by: event.by, reason: event.reason, host: 'host' in event ? event.host : null }
}
