/**
 * One host's attempt: offered, sent, claimed, running, over. Owns two promises: a slot is granted only while the window has
 * room, and an event of another attempt than the current one changes nothing.
 */
import { STEPS } from '../../shared/command.ts'
import type { Step } from '../../shared/command.ts'
import { absent, lost, remembering, unadopted } from './absence.ts'
import type { Effect } from './effect.ts'
import type { AgentEvent, EngineEvent } from './event.ts'
import type { Changed } from './outcome.ts'
import { assign, at, close, goalOf, grant, isAgain, isMoving, isOnlyAdopted, isOut, revertBefore, unassign, withdraw } from './row.ts'
import { keepsHosts } from './script-turn.ts'
import type { Rollout, Task } from './state.ts'
import { occupied, unclaimed, windowOf } from './tally.ts'
import { killedUntouched } from './verdict.ts'

/** Beyond an attempt's own timeout, before the coordinator calls a silent host's outcome unknown: killing and reporting take time. */
export const DEADLINE_GRACE_MS = 30_000
export const MAX_BACKOFF_MS = 600_000

type EventOf<T extends (AgentEvent | EngineEvent)['type']> = Extract<AgentEvent | EngineEvent, { type: T }>

/** How many more commands may be out: one window that holds slots, and one that fetches ahead. */
export function roomToSend(rollout: Rollout): number {
  return Math.max(0, 2 * windowOf(rollout) - occupied(rollout) - unclaimed(rollout))
}

export function roomToClaim(rollout: Rollout): number {
  return Math.max(0, windowOf(rollout) - occupied(rollout))
}

export function onHostOffered(rollout: Rollout, task: Task, event: EventOf<'HostOffered'>, now: number): Changed | null {
  const offerable = (task.state === 'waiting' || task.state === 'withdrawn') && task.parked === null
  if (!offerable || !isMoving(rollout, task) || roomToSend(rollout) === 0 || keepsHosts(rollout)) return null
  if (task.direction === 'forward' && task.wave > rollout.wave) return null
  const offered = remembering(rollout, task, event.assigned)
  if (event.presence === 'away') return absent(rollout, offered, now)
  const attempt = task.attempt + 1
  const sent: Task = { ...at(offered, 'sent', now), attempt, epoch: 0, killed: null, dueAtMs: deadline(rollout, now) }
  return { rollout, task: sent, effects: [{ type: 'SendCommand', host: task.host, attempt, revision: goalOf(task), direction: task.direction }] }
}

export function onClaimRequested(rollout: Rollout, task: Task, event: EventOf<'ClaimRequested'>, now: number): Changed | null {
  if (event.attempt !== task.attempt || event.epoch <= task.epoch) return null
  if (task.state === 'claimed' || task.state === 'unknown') return onLostGrant(rollout, task, event.epoch, now)
  if (task.state !== 'sent') return null
  const isUntouched = task.touchedAtMs === null || isOnlyAdopted(task)
  const claimant: Task = { ...task, epoch: event.epoch, before: isUntouched ? event.installed : task.before, dueAtMs: null }
  const othersFirst = rollout.queues[`claim-${task.direction}`] > 0
  // Where a limit over all rollouts applies, a slot is offered once the engine has reserved it.
  if (!isMoving(rollout, task) || roomToClaim(rollout) === 0 || othersFirst || rollout.limited) {
    return { rollout, task: { ...claimant, inLineSinceMs: task.inLineSinceMs ?? now } }
  }
  return granted(rollout, claimant, now)
}

/** The session in which the grant travelled is gone, and who still asks has touched nothing. The slot is this attempt's already. */
function onLostGrant(rollout: Rollout, task: Task, epoch: number, now: number): Changed {
  if (task.killed !== null) return { rollout, task: killedUntouched(task, task.killed, now), effects: [unassign(task), withdraw(task)] }
  if (!isMoving(rollout, task)) return { rollout, task: at(task, 'withdrawn', now), effects: [unassign(task), withdraw(task)] }
  const claimed: Task = { ...at(task, 'claimed', now), epoch, dueAtMs: deadline(rollout, now) }
  return { rollout, task: claimed, effects: [grant(task, epoch)] }
}

export function onSlotOffered(rollout: Rollout, task: Task, now: number): Changed | null {
  if (task.state !== 'sent' || task.inLineSinceMs === null || !isMoving(rollout, task) || roomToClaim(rollout) === 0) return null
  return granted(rollout, task, now)
}

export function onStepStarted(rollout: Rollout, task: Task, event: EventOf<'StepStarted'>, now: number): Changed | null {
  if (event.attempt !== task.attempt || !isLater(event.step, task.step)) return null
  switch (task.state) {
    case 'sent':
    case 'running':
      return { rollout, task: { ...task, step: event.step } }
    case 'claimed':
      // Reports of the time before the grant may still be under way.
      return touches(event.step) ? { rollout, task: { ...at(task, 'running', now), dueAtMs: task.dueAtMs, step: event.step } } : null
    default:
      return null
  }
}

export function onTaskSucceeded(rollout: Rollout, task: Task, event: EventOf<'TaskSucceeded'>, now: number): Changed | null {
  if (event.attempt !== task.attempt || !isOut(task)) return null
  const done: Task = { ...at(task, 'succeeded', now), changed: event.changed || task.changed === true }
  if (task.state !== 'sent') return { rollout, task: done, effects: [close(task)] }
  // A host that ran the revision already asked for no slot, so its assignment has not moved yet, or moved while it was away.
  return { rollout, task: isOnlyAdopted(task) ? { ...done, touchedAtMs: null } : done, effects: [assign(task), close(task)] }
}

export function onTaskFailed(rollout: Rollout, task: Task, event: EventOf<'TaskFailed'>, now: number): Changed | null {
  if (event.attempt !== task.attempt || !isOut(task)) return null
  const { step, exitCode, message, attempt } = event
  const effects: Effect[] = [close(task)]
  const hasSlot = task.state !== 'sent'
  const revert = hasSlot ? event.revert : revertBefore(task)
  const failure = { step, exitCode, message, revert, attempt, atMs: now }
  if (event.verdict === 'unknown' && hasSlot) {
    return task.state === 'unknown' ? null : { rollout, task: { ...at(task, 'unknown', now), step: task.step, failure }, effects }
  }
  // The assignment moved with the grant; what runs is what ran before.
  if (hasSlot && revert !== 'failed') effects.unshift(unassign(task))
  const tries = task.tries + 1
  const again = tries < rollout.strategy.attempts && task.direction === rollout.direction && rollout.hold?.kind !== 'abort' && task.killed === null
  // Without a slot nothing that runs was touched, so no outcome is unknown.
  const verdict = event.verdict === 'unknown' ? 'failed' : event.verdict
  if (again) {
    const waiting: Task = { ...at(task, 'waiting', now), parked: 'backoff', dueAtMs: now + backoffMs(rollout, tries), tries, failure }
    return { rollout, task: waiting, effects }
  }
  const over: Task = { ...at(task, verdict, now), tries, failure }
  if (hasSlot) return { rollout, task: over, effects }
  const left = unadopted(rollout, over)
  return { rollout, task: left.task, effects: [...left.effects, ...effects] }
}

/** What holds no slot is taken back while its way is closed. An abort leaves no host between two tries: what has failed by then has failed. */
export function onWithdrawalDue(rollout: Rollout, task: Task, now: number): Changed | null {
  if (isMoving(rollout, task)) return null
  if (task.state === 'sent') return { rollout, task: at(task, 'withdrawn', now), effects: [withdraw(task)] }
  if (rollout.hold?.kind !== 'abort' || !isAgain(task)) return null
  return { rollout, ...unadopted(rollout, at(task, 'failed', now)) }
}

export function onTaskTimePassed(rollout: Rollout, task: Task, now: number): Changed | null {
  if (task.dueAtMs === null || task.dueAtMs > now) return null
  switch (task.state) {
    case 'waiting':
      return { rollout, task: at(task, 'waiting', now) }
    case 'sent':
      return lost(rollout, task, now)
    case 'claimed':
    case 'running': {
      const message = `no result within the timeout and ${DEADLINE_GRACE_MS / 1000} s of grace`
      const failure = { step: task.step, exitCode: -1, message, revert: 'not-needed' as const, attempt: task.attempt, atMs: now }
      return { rollout, task: { ...at(task, 'unknown', now), step: task.step, failure } }
    }
    default:
      return null
  }
}

function granted(rollout: Rollout, task: Task, now: number): Changed {
  const claimed: Task = { ...at(task, 'claimed', now), touchedAtMs: task.touchedAtMs ?? now, changed: true, dueAtMs: deadline(rollout, now) }
  return { rollout: rollout.limitedBy === null ? rollout : { ...rollout, limitedBy: null }, task: claimed, effects: [assign(task), grant(task, task.epoch)] }
}

function touches(step: Step): boolean {
  return isLater(step, 'claim')
}

function isLater(step: Step, than: Step | null): boolean {
  return than === null || STEPS.indexOf(step) > STEPS.indexOf(than)
}

export function deadline(rollout: Rollout, now: number): number {
  return now + 2 * rollout.strategy.timeoutMs + DEADLINE_GRACE_MS
}

function backoffMs(rollout: Rollout, tries: number): number {
  return Math.min(MAX_BACKOFF_MS, rollout.strategy.backoffMs * 2 ** (tries - 1))
}
