/**
 * One host's attempt: offered, sent, claimed, running, over. Owns two promises: a slot is granted only while the window has
 * room, and an event of another attempt than the current one changes nothing.
 */
import { hasEnded } from '../../shared/states.ts'
import type { TaskState } from '../../shared/states.ts'
import { STEPS } from '../../shared/command.ts'
import type { Step } from '../../shared/command.ts'
import type { Effect } from './effect.ts'
import type { AgentEvent, EngineEvent } from './event.ts'
import type { Changed } from './outcome.ts'
import { keepsHosts } from './script-turn.ts'
import type { Rollout, Task } from './state.ts'
import { occupied, unclaimed, windowOf } from './tally.ts'

/** Beyond an attempt's own timeout, before the coordinator calls a silent host's outcome unknown: killing and reporting take time. */
export const DEADLINE_GRACE_MS = 30_000
export const MAX_BACKOFF_MS = 600_000
/** The news of a host's return may come before that of its absence, or never: one that is waited for is offered again after this long. */
export const LOOK_AGAIN_MS = 300_000

type EventOf<T extends (AgentEvent | EngineEvent)['type']> = Extract<AgentEvent | EngineEvent, { type: T }>

/** Whether tasks of this row's direction may begin now. */
export function isMoving(rollout: Rollout, task: Task): boolean {
  return task.direction === rollout.direction && rollout.phase === (task.direction === 'forward' ? 'running' : 'rolling-back')
}

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
  if (event.presence === 'away') return { rollout, task: away(rollout, task, now) }
  const attempt = task.attempt + 1
  const sent: Task = { ...at(task, 'sent', now), attempt, epoch: 0, step: null, dueAtMs: deadline(rollout, now) }
  return { rollout, task: sent, effects: [{ type: 'SendCommand', host: task.host, attempt, revision: goalOf(task), direction: task.direction }] }
}

export function onClaimRequested(rollout: Rollout, task: Task, event: EventOf<'ClaimRequested'>, now: number): Changed | null {
  if (event.attempt !== task.attempt || event.epoch <= task.epoch) return null
  if (task.state === 'claimed' || task.state === 'unknown') return onLostGrant(rollout, task, event.epoch, now)
  if (task.state !== 'sent') return null
  const claimant: Task = { ...task, epoch: event.epoch, before: task.touchedAtMs === null ? event.installed : task.before, dueAtMs: null }
  const othersFirst = rollout.queues[`claim-${task.direction}`] > 0
  // Where a limit over all rollouts applies, a slot is offered once the engine has reserved it.
  if (!isMoving(rollout, task) || roomToClaim(rollout) === 0 || othersFirst || rollout.limited) {
    return { rollout, task: { ...claimant, inLineSinceMs: task.inLineSinceMs ?? now } }
  }
  return granted(rollout, claimant, now)
}

/** The session in which the grant travelled is gone, and who still asks has touched nothing. The slot is this attempt's already. */
function onLostGrant(rollout: Rollout, task: Task, epoch: number, now: number): Changed {
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
  const effects: Effect[] = [{ type: 'CloseCommand', host: task.host, attempt: task.attempt }]
  // A host that ran the revision already asked for no slot, so its assignment has not moved yet.
  if (task.state === 'sent') effects.unshift(assign(task))
  return { rollout, task: { ...at(task, 'succeeded', now), changed: event.changed || task.changed === true }, effects }
}

export function onTaskFailed(rollout: Rollout, task: Task, event: EventOf<'TaskFailed'>, now: number): Changed | null {
  if (event.attempt !== task.attempt || !isOut(task)) return null
  const { step, exitCode, message, revert, attempt } = event
  const failure = { step, exitCode, message, revert, attempt, atMs: now }
  const effects: Effect[] = [{ type: 'CloseCommand', host: task.host, attempt }]
  const hasSlot = task.state !== 'sent'
  if (event.verdict === 'unknown' && hasSlot) {
    return task.state === 'unknown' ? null : { rollout, task: { ...at(task, 'unknown', now), step: task.step, failure }, effects }
  }
  // The assignment moved with the grant; what runs is what ran before.
  if (hasSlot && revert !== 'failed') effects.unshift(unassign(task))
  const tries = task.tries + 1
  const again = tries < rollout.strategy.attempts && task.direction === rollout.direction && rollout.hold?.kind !== 'abort'
  // Without a slot nothing that runs was touched, so no outcome is unknown.
  const verdict = event.verdict === 'unknown' ? 'failed' : event.verdict
  const next: Task = again ? { ...at(task, 'waiting', now), parked: 'backoff', dueAtMs: now + backoffMs(rollout, tries) } : at(task, verdict, now)
  return { rollout, task: { ...next, tries, failure }, effects }
}

/** A host that shows no life gives back what it has not claimed. What it has claimed keeps its slot until the deadline makes it unknown. */
export function onHostLost(rollout: Rollout, task: Task, now: number): Changed | null {
  return task.state === 'sent' ? lost(rollout, task, now) : null
}

export function onHostConnected(rollout: Rollout, task: Task, now: number): Changed | null {
  if (task.parked === 'away') return { rollout, task: { ...at(task, 'waiting', now) } }
  const mayReturn = task.state === 'unreachable' && task.direction === rollout.direction && !hasEnded(rollout.phase)
  return mayReturn ? { rollout, task: at(task, 'waiting', now) } : null
}

export function onWithdrawalDue(rollout: Rollout, task: Task, now: number): Changed | null {
  if (task.state !== 'sent' || isMoving(rollout, task)) return null
  return { rollout, task: at(task, 'withdrawn', now), effects: [withdraw(task)] }
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

/** The row in another state, with everything that belonged to the state before cleared. */
export function at(task: Task, state: TaskState, now: number): Task {
  return { ...task, state, sinceMs: now, parked: null, dueAtMs: null, inLineSinceMs: null, step: null }
}

export function withdraw(task: Task): Effect {
  return { type: 'WithdrawCommand', host: task.host, attempt: task.attempt }
}

function granted(rollout: Rollout, task: Task, now: number): Changed {
  const claimed: Task = { ...at(task, 'claimed', now), touchedAtMs: task.touchedAtMs ?? now, changed: true, dueAtMs: deadline(rollout, now) }
  return { rollout: rollout.limitedBy === null ? rollout : { ...rollout, limitedBy: null }, task: claimed, effects: [assign(task), grant(task, task.epoch)] }
}

function grant(task: Task, epoch: number): Effect {
  return { type: 'GrantSlot', host: task.host, attempt: task.attempt, epoch }
}

function assign(task: Task): Effect {
  return { type: 'Assign', host: task.host, revision: goalOf(task) }
}

/** Back to what the host ran before the task touched it. */
function unassign(task: Task): Effect {
  return { type: 'Assign', host: task.host, revision: task.direction === 'forward' ? (task.before?.revision ?? null) : task.revision }
}

/** What the task takes its host to; null: off the service. */
function goalOf(task: Task): string | null {
  return task.direction === 'forward' ? task.revision : (task.before?.revision ?? null)
}

function lost(rollout: Rollout, task: Task, now: number): Changed {
  return { rollout, task: away(rollout, task, now), effects: [withdraw(task)] }
}

/** A rollback waits for the host, whatever the strategy says: leaving the bad release on it silently would be worse. */
function away(rollout: Rollout, task: Task, now: number): Task {
  const waits = task.direction === 'back' || rollout.strategy.offline === 'wait'
  return waits ? { ...at(task, 'waiting', now), parked: 'away', dueAtMs: now + LOOK_AGAIN_MS } : at(task, 'unreachable', now)
}

/** Whether the current attempt's outcome is still open. */
function isOut(task: Task): boolean {
  return task.state === 'sent' || task.state === 'claimed' || task.state === 'running' || task.state === 'unknown'
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
