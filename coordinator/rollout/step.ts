/**
 * The heart: one event in, the rollout and the row of the host that it speaks of out, and what is to be done about it. Pure: no I/O, no
 * clock, no randomness. An event that changes nothing returns the very same values and no effects.
 */
import * as absence from './absence.ts'
import * as attempt from './attempt.ts'
import * as control from './control.ts'
import type { Effect } from './effect.ts'
import type { Event } from './event.ts'
import * as freeze from './freeze.ts'
import * as held from './held.ts'
import { noted } from './note.ts'
import * as retry from './retry.ts'
import * as rollback from './rollback.ts'
import * as verdict from './verdict.ts'
import type { Handled, Stepped } from './outcome.ts'
import { settle } from './progress.ts'
import * as script from './script.ts'
import type { Rollout, Task } from './state.ts'
import { recount } from './tally.ts'
import { tell } from './tell.ts'
import * as warming from './warming.ts'

/**
 * @param task the row of the host that `event` speaks of; null when it speaks of none, or of a host that is not in this rollout
 * @param now milliseconds since the epoch
 */
export function step(rollout: Rollout, task: Task | null, event: Event, now: number): Stepped {
  const unchanged: Stepped = { rollout, task, effects: [], refused: null }
  const came = handle(rollout, task, event, now)
  const handled = 'by' in event ? noted(came, event, now) : came
  if (handled === null) return unchanged
  if ('refused' in handled) return { ...unchanged, refused: handled.refused }
  const after = handled.task ?? task
  const counted = task === null || after === null ? handled.rollout : recount(handled.rollout, task, after)
  const settled = settle(counted, now)
  const told = tell({ rollout, task }, { rollout: settled.rollout, task: after }, now)
  const effects = [...(handled.effects ?? []), ...settled.effects, ...told].filter((effect) => isPart(effect, rollout, task))
  return { rollout: settled.rollout, task: after, effects, refused: null }
}

/** A command on hosts changes nothing that a host should run; and where a catch-up does not succeed, what the host should run stays the same. */
function isPart(effect: Effect, { kind }: Rollout, task: Task | null): boolean {
  if (effect.type !== 'Assign' || kind === 'deploy') return true
  return kind === 'catch-up' && (task?.direction === 'back' || effect.revision === task?.revision)
}

function handle(rollout: Rollout, task: Task | null, event: Event, now: number): Handled {
  switch (event.type) {
    case 'RolloutStarted':
      return rollout.phase === 'queued' && rollout.waitsFor.length === 0 ? { rollout: { ...rollout, phase: 'running', startedAtMs: now } } : null
    case 'TimePassed':
      return script.onScriptTimePassed(warming.onWarmingTimePassed(freeze.thawed(rollout, now), now), now)
    case 'WaitEnded':
      return onWaitEnded(rollout, event.rollouts)
    case 'LimitMet':
      return event.limit === rollout.limitedBy ? null : { rollout: { ...rollout, limitedBy: event.limit } }
    case 'FreezeBegan':
      return freeze.onFreezeBegan(rollout, event, now)
    case 'FreezeEnded':
      return freeze.onFreezeEnded(rollout)
    case 'ScriptOffered':
      return script.onScriptOffered(rollout, event, now)
    case 'ScriptStarted':
      return script.onScriptStarted(rollout, event, now)
    case 'ScriptEnded':
      return script.onScriptEnded(rollout, event, now)
    case 'ScriptRetryRequested':
      return script.onScriptRetryRequested(rollout, now)
    case 'ScriptSkipRequested':
      return script.onScriptSkipRequested(rollout, now)
    case 'PauseRequested':
      return control.onPauseRequested(rollout, event, now)
    case 'ResumeRequested':
      return control.onResumeRequested(rollout, event)
    case 'PromoteRequested':
      return control.onPromoteRequested(rollout, now)
    case 'AbortRequested':
      return control.onAbortRequested(rollout, event, now)
    case 'RollbackRequested':
      return rollback.onRollbackRequested(rollout, event)
    case 'RetryRequested':
      return retry.onRetryRequested(rollout, event)
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
    case 'SlotHeld':
      return held.onSlotHeld(rollout, task, event, now)
    case 'StepStarted':
      return attempt.onStepStarted(rollout, task, event, now)
    case 'TaskSucceeded':
      return attempt.onTaskSucceeded(rollout, task, event, now)
    case 'TaskFailed':
      return attempt.onTaskFailed(rollout, task, event, now)
    case 'HostConnected':
      return absence.onHostConnected(rollout, task, now)
    case 'HostLost':
      return absence.onHostLost(rollout, task, now)
    case 'WithdrawalDue':
      return attempt.onWithdrawalDue(rollout, task, now)
    case 'PrefetchOffered':
      return warming.onPrefetchOffered(rollout, task, event)
    case 'PrefetchEnded':
      return warming.onPrefetchEnded(rollout, task, event)
    case 'PrefetchWithdrawalDue':
      return warming.onPrefetchWithdrawalDue(rollout, task)
    case 'TaskTimePassed':
      return attempt.onTaskTimePassed(rollout, task, now)
    case 'TurnDue':
      return rollback.onTurnDue(rollout, task, now)
    case 'RetryDue':
      return retry.onRetryDue(rollout, task, now)
    case 'HostRetryRequested':
      return retry.onHostRetryRequested(rollout, task, now)
    case 'SkipRequested':
      return verdict.onSkipRequested(rollout, task, event, now)
    case 'KillRequested':
      return verdict.onKillRequested(rollout, task, event, now)
  }
}

function onWaitEnded(rollout: Rollout, ended: readonly string[]): Handled {
  const waitsFor = rollout.waitsFor.filter((id) => !ended.includes(id))
  return waitsFor.length === rollout.waitsFor.length ? null : { rollout: { ...rollout, waitsFor } }
}
