/**
 * The heart: one event in, the rollout and the row of the host that it speaks of out, and what is to be done about it. Pure: no I/O, no
 * clock, no randomness. An event that changes nothing returns the very same values and no effects.
 */
import * as attempt from './attempt.ts'
import * as control from './control.ts'
import type { Event } from './event.ts'
import type { Handled, Stepped } from './outcome.ts'
import { settle } from './progress.ts'
import type { Rollout, Task } from './state.ts'
import { recount } from './tally.ts'

/**
 * @param task the row of the host that `event` speaks of; null when it speaks of none, or of a host that is not in this rollout
 * @param now milliseconds since the epoch
 */
export function step(rollout: Rollout, task: Task | null, event: Event, now: number): Stepped {
  const unchanged: Stepped = { rollout, task, effects: [], refused: null }
  const handled = handle(rollout, task, event, now)
  if (handled === null) return unchanged
  if ('refused' in handled) return { ...unchanged, refused: handled.refused }
  const after = handled.task ?? task
  const counted = task === null || after === null ? handled.rollout : recount(handled.rollout, task, after)
  const settled = settle(counted, now)
  return { rollout: settled.rollout, task: after, effects: [...(handled.effects ?? []), ...settled.effects], refused: null }
}

function handle(rollout: Rollout, task: Task | null, event: Event, now: number): Handled {
  switch (event.type) {
    case 'RolloutStarted':
      return rollout.phase === 'queued' ? { rollout: { ...rollout, phase: 'running', startedAtMs: now } } : null
    case 'TimePassed':
      return { rollout }
    case 'PauseRequested':
      return control.onPauseRequested(rollout, event, now)
    case 'ResumeRequested':
      return control.onResumeRequested(rollout)
    case 'PromoteRequested':
      return control.onPromoteRequested(rollout)
    case 'AbortRequested':
      return control.onAbortRequested(rollout, event, now)
    case 'RollbackRequested':
      return control.onRollbackRequested(rollout)
    case 'RetryRequested':
      return control.onRetryRequested(rollout)
    default:
      return task === null ? null : handleTask(rollout, task, event, now)
  }
}

type TaskEvent = Extract<Event, { host: string }>

function handleTask(rollout: Rollout, task: Task, event: TaskEvent, now: number): Handled {
  switch (event.type) {
    case 'HostOffered':
      return attempt.onHostOffered(rollout, task, event, now)
    case 'SlotOffered':
      return attempt.onSlotOffered(rollout, task, now)
    case 'ClaimRequested':
      return attempt.onClaimRequested(rollout, task, event, now)
    case 'StepStarted':
      return attempt.onStepStarted(rollout, task, event, now)
    case 'TaskSucceeded':
      return attempt.onTaskSucceeded(rollout, task, event, now)
    case 'TaskFailed':
      return attempt.onTaskFailed(rollout, task, event, now)
    case 'HostConnected':
      return attempt.onHostConnected(rollout, task, now)
    case 'HostLost':
      return attempt.onHostLost(rollout, task, now)
    case 'WithdrawalDue':
      return attempt.onWithdrawalDue(rollout, task, now)
    case 'TaskTimePassed':
      return attempt.onTaskTimePassed(rollout, task, now)
    case 'TurnDue':
      return control.onTurnDue(rollout, task, now)
    case 'RetryDue':
      return control.onRetryDue(rollout, task, now)
    case 'HostRetryRequested':
      return control.onHostRetryRequested(rollout, task, now)
    case 'SkipRequested':
      return control.onSkipRequested(rollout, task, event, now)
  }
}
