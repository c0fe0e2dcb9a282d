/** A person's word on one host: that it does not count, or that its attempt is to end now. */
import { hasEnded } from '../../shared/states.ts'
import { unadopted } from './absence.ts'
import type { ControlEvent } from './event.ts'
import { refused } from './outcome.ts'
import type { Handled } from './outcome.ts'
import { at, revertBefore, withdraw } from './row.ts'
import type { Rollout, Task } from './state.ts'
import { unwarmed } from './warming.ts'

type EventOf<T extends ControlEvent['type']> = Extract<ControlEvent, { type: T }>

/**
 * This host does not count. It frees the slot of an unknown host, and of one that has gone silent. Who was touched is still put back by a
 * rollback: a skip leaves the host out of the way that the rollout goes now, and of no other.
 */
export function onSkipRequested(rollout: Rollout, task: Task, event: EventOf<'SkipRequested'>, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  const fetching = unwarmed(task)
  const skipped = skip(rollout, fetching.task, event, now)
  return skipped === null || 'refused' in skipped ? skipped : { ...skipped, effects: [...fetching.effects, ...(skipped.effects ?? [])] }
}

function skip(rollout: Rollout, task: Task, event: EventOf<'SkipRequested'>, now: number): Handled {
  switch (task.state) {
    case 'succeeded':
    case 'skipped':
      return refused(`${task.host} has ${task.state === 'skipped' ? 'been skipped' : 'succeeded'} already`)
    case 'claimed':
    case 'running':
      if (event.presence === 'connected') {
        return refused(`${task.host} is being changed right now; wait for its outcome, or end it: rollout kill ${rollout.id} ${task.host}`)
      }
      return { rollout, task: at(task, 'skipped', now), effects: [withdraw(task)] }
    case 'unknown':
      return { rollout, task: at(task, 'skipped', now), effects: [withdraw(task)] }
    case 'sent':
    case 'waiting':
    case 'withdrawn':
    case 'failed':
    case 'timed-out':
    case 'unreachable': {
      const left = unadopted(rollout, at(task, 'skipped', now))
      return { rollout, task: left.task, effects: [...(task.state === 'sent' ? [withdraw(task)] : []), ...left.effects] }
    }
  }
}

/** Its attempt ends now, and is not tried again by itself. A host with a slot puts itself back and reports; one without has touched nothing. */
export function onKillRequested(rollout: Rollout, task: Task, event: EventOf<'KillRequested'>, now: number): Handled {
  const reason = event.reason ?? `killed by ${event.by}`
  switch (task.state) {
    case 'claimed':
    case 'running':
      return { rollout, task: { ...task, killed: reason }, effects: [{ type: 'KillCommand', host: task.host, attempt: task.attempt, reason }] }
    case 'sent': {
      const left = unadopted(rollout, task)
      return { rollout, task: killedUntouched(left.task, reason, now), effects: [withdraw(task), ...left.effects] }
    }
    case 'unknown':
      return refused(`the outcome on ${task.host} is unknown, and nobody can say what to kill; rollout skip or rollout retry gives its slot back`)
    case 'waiting':
    case 'withdrawn':
    case 'succeeded':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'skipped':
      return refused(`${task.host} is ${task.state}; there is nothing to kill on it`)
  }
}

/** It asked for its slot, or had still to: what runs on the host is what ran before. */
export function killedUntouched(task: Task, reason: string, now: number): Task {
  const failure = { step: task.step, exitCode: -1, message: `killed: ${reason}`, revert: revertBefore(task), attempt: task.attempt, atMs: now }
  return { ...at(task, 'failed', now), killed: reason, tries: task.tries + 1, failure }
}
