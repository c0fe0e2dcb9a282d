/** The hand on the brake: what people may ask for, in which phase, and the sentence that they get when it is refused. */
import { hasEnded } from '../../shared/states.ts'
import { at, withdraw } from './attempt.ts'
import type { Effect } from './effect.ts'
import type { ControlEvent } from './event.ts'
import type { Changed, Handled, Refused } from './outcome.ts'
import { withdrawScript } from './script.ts'
import type { Rollout, Task } from './state.ts'
import { failures } from './tally.ts'

type EventOf<T extends ControlEvent['type']> = Extract<ControlEvent, { type: T }>

const refused = (why: string): Refused => ({ refused: why })

export function onPauseRequested(rollout: Rollout, event: EventOf<'PauseRequested'>, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  if (rollout.hold !== null) return refused(`${rollout.id} is paused already`)
  return { rollout: { ...rollout, phase: 'paused', hold: { kind: 'person', by: event.by, reason: event.reason, sinceMs: now } } }
}

export function onResumeRequested(rollout: Rollout, event: EventOf<'ResumeRequested'>): Handled {
  if (rollout.phase !== 'paused') return refused(`${rollout.id} is ${rollout.phase}, not paused`)
  if (rollout.hold?.kind === 'abort') return refused(`${rollout.id} is being aborted`)
  if (rollout.hold?.kind === 'freeze') {
    if (!event.overrideFreeze) return refused(`${rollout.id} is frozen by ${rollout.hold.freeze}; --override-freeze goes on nevertheless`)
    return { rollout: { ...moving(rollout), freezeOverriddenBy: event.by } }
  }
  if (rollout.hold?.kind === 'script') return refused(`${rollout.id} is held by a script; retry-script runs it again, skip-script goes on without it`)
  // Who lifts his own pause has been asked nothing about failures.
  const accepted = rollout.hold?.kind === 'tolerance' ? failures(rollout) : rollout.accepted
  return { rollout: { ...moving(rollout), accepted } }
}

export function onPromoteRequested(rollout: Rollout, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  if (rollout.gate === null) return refused(`${rollout.id} stands before no gate`)
  if (rollout.gate.kind === 'test') return refused(`${rollout.id} waits for a test; skip-script goes on without it, once it has failed`)
  // A test is not a matter of patience: who ends its bake early lets it begin.
  if (rollout.gate.kind === 'bake' && rollout.strategy.gate.kind === 'test') return { rollout: { ...rollout, gate: { kind: 'bake', untilMs: now } } }
  return { rollout: { ...rollout, gate: null, promoted: rollout.wave + 1 } }
}

export function onAbortRequested(rollout: Rollout, event: EventOf<'AbortRequested'>, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  if (rollout.hold?.kind === 'abort') return refused(`${rollout.id} is being aborted already`)
  const { rollout: withdrawn, effects } = withdrawScript(rollout, now)
  return { rollout: { ...withdrawn, phase: 'paused', hold: { kind: 'abort', by: event.by, reason: event.reason, sinceMs: now } }, effects }
}

export function onRollbackRequested(rollout: Rollout, _event: EventOf<'RollbackRequested'>): Handled {
  if (rollout.kind === 'run') return refused(`${rollout.id} ran a command; nobody knows how to take that back`)
  // What an abort left half way may still go all the way back.
  if (rollout.direction === 'back' && rollout.phase !== 'aborted') return refused(`${rollout.id} is rolled back already, or on its way`)
  return { rollout: turnBack(rollout) }
}

/** Every task that failed, timed out or was unreachable gets a fresh set of tries; a rollout that stood still for them moves on. */
export function onRetryRequested(rollout: Rollout, _event: EventOf<'RetryRequested'>): Handled {
  const toRetry = rollout.queues[`retry-${rollout.direction}`]
  if (toRetry === 0) return refused(`${rollout.id} has no failed, timed-out or unreachable host to retry`)
  const again = reopened(rollout)
  return 'refused' in again ? again : { rollout: { ...again.rollout, toRetry } }
}

export function onHostRetryRequested(rollout: Rollout, task: Task, now: number): Handled {
  if (!isRetriable(task)) {
    return refused(`${task.host} is ${task.state}; only a host that ${RETRIABLE} can be retried`)
  }
  if (task.direction !== rollout.direction && task.touchedAtMs === null) return refused(`${task.host} has not been touched; there is nothing to put back on it`)
  const again = reopened(rollout)
  if ('refused' in again) return again
  // An unknown attempt is given up: should its command still be open anywhere, it is void from now on.
  const effects: Effect[] = task.state === 'unknown' ? [withdraw(task)] : []
  return { ...again, task: freshTries(rollout, task, now), effects }
}

export function onRetryDue(rollout: Rollout, task: Task, now: number): Changed | null {
  if (rollout.toRetry === 0 || (task.state !== 'failed' && task.state !== 'timed-out' && task.state !== 'unreachable')) return null
  return { rollout: { ...rollout, toRetry: rollout.toRetry - 1 }, task: freshTries(rollout, task, now) }
}

/** A person's verdict: this host does not count. It frees the slot of an unknown host, and of one that has gone silent. */
export function onSkipRequested(rollout: Rollout, task: Task, event: EventOf<'SkipRequested'>, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  switch (task.state) {
    case 'succeeded':
    case 'skipped':
      return refused(`${task.host} has ${task.state === 'skipped' ? 'been skipped' : 'succeeded'} already`)
    case 'claimed':
    case 'running':
      if (event.presence === 'connected') return refused(`${task.host} is being changed right now; wait for its outcome`)
      return { rollout, task: at(task, 'skipped', now), effects: [withdraw(task)] }
    case 'sent':
    case 'unknown':
      return { rollout, task: at(task, 'skipped', now), effects: [withdraw(task)] }
    case 'waiting':
    case 'withdrawn':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
      return { rollout, task: at(task, 'skipped', now) }
  }
}

export function onKillRequested(_rollout: Rollout, task: Task, _event: EventOf<'KillRequested'>): Handled {
  return refused(`${task.host} has nothing that could be killed`)
}

/** A touched forward task becomes a task back to what its host ran before. The latest done goes back first. */
export function onTurnDue(rollout: Rollout, task: Task, now: number): Changed | null {
  if (rollout.direction !== 'back' || task.direction !== 'forward' || task.touchedAtMs === null) return null
  if (task.state === 'sent' || task.state === 'claimed' || task.state === 'running' || task.state === 'unknown' || task.state === 'skipped') return null
  const turned: Task = { ...at(task, 'waiting', now), direction: 'back', rank: rollout.turned, tries: 0, changed: null }
  return { rollout: { ...rollout, turned: rollout.turned + 1 }, task: turned }
}

export function turnBack(rollout: Rollout): Rollout {
  return { ...rollout, phase: 'rolling-back', direction: 'back', gate: null, hold: null, toRetry: 0, endedAtMs: null }
}

/** The phase in which tasks of the rollout's direction begin; one that was paused before its start has that still to come. */
export function moving(rollout: Rollout): Rollout {
  const phase = rollout.direction === 'back' ? 'rolling-back' : rollout.startedAtMs === null ? 'queued' : 'running'
  return { ...rollout, phase, hold: null, endedAtMs: null }
}

/** A retry lifts what failure caused; a person's pause stays a person's to lift. */
function reopened(rollout: Rollout): { rollout: Rollout } | Refused {
  switch (rollout.phase) {
    case 'aborted':
      return refused(`${rollout.id} was aborted; start a new rollout`)
    case 'queued':
    case 'running':
    case 'rolling-back':
      return { rollout }
    case 'paused':
      if (rollout.hold?.kind === 'abort') return refused(`${rollout.id} is being aborted`)
      return { rollout: rollout.hold?.kind === 'tolerance' ? moving(rollout) : rollout }
    case 'succeeded':
    case 'failed':
    case 'rolled-back':
      return { rollout: moving(rollout) }
  }
}

const RETRIABLE = 'failed, timed out, was unreachable, skipped or unknown, or is between two tries,'

function isRetriable({ state, parked }: Task): boolean {
  return state === 'failed' || state === 'timed-out' || state === 'unreachable' || state === 'skipped' || state === 'unknown' || parked === 'backoff'
}

function freshTries(rollout: Rollout, task: Task, now: number): Task {
  return { ...at(task, 'waiting', now), tries: 0, rank: rollout.direction === 'forward' ? task.order : task.rank }
}
