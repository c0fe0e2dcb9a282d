/** Another chance: for every host that failed, for every one that nothing was done on, or for one by name. Opens what has stood still or ended. */
import type { ControlEvent } from './event.ts'
import { moving } from './control.ts'
import { refused } from './outcome.ts'
import type { Changed, Handled, Refused } from './outcome.ts'
import { isToBeTurned } from './rollback.ts'
import { at, isLeftOut, withdraw } from './row.ts'
import type { Rollout, Task } from './state.ts'
import { count, failures } from './tally.ts'

type RetryRequested = Extract<ControlEvent, { type: 'RetryRequested' }>

export function onRetryRequested(rollout: Rollout, { which }: RetryRequested): Handled {
  return which === 'failed' ? retryFailed(rollout) : retryNotStarted(rollout)
}

/** Every task that failed, timed out or was unreachable gets a fresh set of tries; a rollout that stood still for them moves on. */
function retryFailed(rollout: Rollout): Handled {
  const toRetry = rollout.queues[`retry-${rollout.direction}`]
  if (toRetry === 0) return refused(`${rollout.id} has no failed, timed-out or unreachable host to retry`)
  const again = reopened(rollout)
  return 'refused' in again ? again : { rollout: { ...again.rollout, toRetry } }
}

/** Those that were left out take their turn. What an abort left behind goes on; what had failed by then stays failed, and is accepted. */
function retryNotStarted(rollout: Rollout): Handled {
  const { id, phase, direction, queues } = rollout
  if (direction === 'back') return refused(`${id} is rolled back, or on its way; start a new rollout for hosts that it has not begun`)
  const toBegin = queues['left-forward']
  if (phase === 'aborted') {
    if (toBegin + notBegun(rollout) === 0) return refused(`${id} has begun every one of its hosts`)
    return { rollout: { ...moving(rollout), accepted: failures(rollout), toBegin } }
  }
  if (toBegin === 0) return refused(`${id} has left out no host that it has not begun`)
  const again = reopened(rollout)
  return 'refused' in again ? again : { rollout: { ...again.rollout, toBegin } }
}

/** Hosts whose turn has not come. */
export function notBegun(rollout: Rollout): number {
  return count(rollout, 'forward', ['waiting', 'withdrawn'])
}

export function onHostRetryRequested(rollout: Rollout, task: Task, now: number): Handled {
  if (!isRetriable(task)) return refused(`${task.host} is ${task.state}; only a host that ${RETRIABLE} can be retried`)
  if (task.direction !== rollout.direction && !isToBeTurned(rollout, task)) return refused(whyNotTurned(rollout, task))
  const again = reopened(rollout)
  if ('refused' in again) return again
  // An unknown attempt is given up: should its command still be open anywhere, it is void from now on.
  const effects = task.state === 'unknown' ? [withdraw(task)] : []
  return { ...again, task: freshTries(rollout, task, now), effects }
}

const RETRIABLE = 'failed, timed out, was unreachable, skipped or unknown, or is between two tries,'

function isRetriable({ state, parked }: Task): boolean {
  return state === 'failed' || state === 'timed-out' || state === 'unreachable' || state === 'skipped' || state === 'unknown' || parked === 'backoff'
}

function whyNotTurned({ id }: Rollout, { host, wave, touchedAtMs }: Task): string {
  if (touchedAtMs === null) return `${host} has not been touched; there is nothing to put back on it`
  return `${host} is in wave ${wave + 1}, which stays as it is; rollout rollback ${id} --wave ${wave + 1} puts it back`
}

/** A row that a retry of all was asked for. */
export function onRetryDue(rollout: Rollout, task: Task, now: number): Changed | null {
  const retried = { task: freshTries(rollout, task, now) }
  const hasFailed = task.state === 'failed' || task.state === 'timed-out' || task.state === 'unreachable'
  if (hasFailed && rollout.toRetry > 0) return { ...retried, rollout: { ...rollout, toRetry: rollout.toRetry - 1 } }
  if (isLeftOut(task) && rollout.toBegin > 0) return { ...retried, rollout: { ...rollout, toBegin: rollout.toBegin - 1 } }
  return null
}

/** A retry lifts what failure caused; a person's pause stays a person's to lift. */
function reopened(rollout: Rollout): { rollout: Rollout } | Refused {
  const { id, phase, direction, hold } = rollout
  switch (phase) {
    case 'aborted': {
      const notStarted = `rollout retry ${id} --not-started goes on with the hosts that it has not begun`
      return refused(`${id} was aborted; ${direction === 'back' ? `rollout rollback ${id} goes on putting back` : notStarted}`)
    }
    case 'queued':
    case 'running':
    case 'rolling-back':
      return { rollout }
    case 'paused':
      if (hold?.kind === 'abort') return refused(`${id} is being aborted`)
      return { rollout: hold?.kind === 'tolerance' ? moving(rollout) : rollout }
    case 'succeeded':
    case 'failed':
    case 'rolled-back':
      return { rollout: moving(rollout) }
  }
}

function freshTries(rollout: Rollout, task: Task, now: number): Task {
  return { ...at(task, 'waiting', now), tries: 0, rank: rollout.direction === 'forward' ? task.order : task.rank }
}
