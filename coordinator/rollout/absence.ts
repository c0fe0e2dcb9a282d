/**
 * Hosts that are away when their turn comes, or vanish before they hold a slot. Owns what becomes of them (`offline`): they are waited for,
 * left out, or left out and adopted. Adopted: the assignment goes ahead of the host, so that it is taken along when it returns.
 */
import { hasEnded } from '../../shared/states.ts'
import type { Effect } from './effect.ts'
import type { Changed } from './outcome.ts'
import { assign, at, isOnlyAdopted, unassign, withdraw } from './row.ts'
import type { Rollout, Task } from './state.ts'
import { unwarmed } from './warming.ts'

/** The news of a host's return may come before that of its absence, or never: one that is waited for is offered again after this long. */
export const LOOK_AGAIN_MS = 300_000

/** Also a host that is here when it is sent may be away before it claims; what it is assigned by then, only the offer knows. */
export function remembering(rollout: Rollout, task: Task, assigned: string | null): Task {
  const isNew = task.direction === 'forward' && task.touchedAtMs === null
  return isNew && adopts(rollout) ? { ...task, before: { revision: assigned, version: null } } : task
}

/** A rollback waits for the host, whatever the strategy says: leaving the bad release on it silently would be worse. */
export function absent(rollout: Rollout, task: Task, now: number): Changed {
  const waits = task.direction === 'back' || rollout.strategy.offline === 'wait'
  if (waits) return { rollout, task: { ...at(task, 'waiting', now), parked: 'away', dueAtMs: now + LOOK_AGAIN_MS } }
  const unreachable = at(task, 'unreachable', now)
  if (!adopts(rollout)) return { rollout, task: unreachable }
  return { rollout, task: { ...unreachable, touchedAtMs: task.touchedAtMs ?? now }, effects: [assign(task)] }
}

/** With a command out that was not claimed. */
export function lost(rollout: Rollout, task: Task, now: number): Changed {
  const gone = absent(rollout, task, now)
  return { ...gone, effects: [withdraw(task), ...(gone.effects ?? [])] }
}

/**
 * The host is not taken along after all: what was assigned while it was away is taken back. Where its own way back has failed, nobody knows
 * what runs there, and the assignment stays.
 */
export function unadopted(rollout: Rollout, task: Task): { task: Task; effects: Effect[] } {
  const isAdopted = adopts(rollout) && task.direction === 'forward' && task.touchedAtMs !== null && task.failure?.revert !== 'failed'
  if (!isAdopted) return { task, effects: [] }
  return { task: isOnlyAdopted(task) ? { ...task, before: null, touchedAtMs: null } : task, effects: [unassign(task)] }
}

/** A host that shows no life gives back what it has not claimed. What it has claimed keeps its slot until the deadline makes it unknown. */
export function onHostLost(rollout: Rollout, task: Task, now: number): Changed | null {
  if (task.warm === 'warming') return { rollout, ...unwarmed(task) }
  return task.state === 'sent' ? lost(rollout, task, now) : null
}

/** After the end of the rollout, nothing: hosts that are off their assignment are another rollout's business. */
export function onHostConnected(rollout: Rollout, task: Task, now: number): Changed | null {
  if (task.parked === 'away') return { rollout, task: { ...at(task, 'waiting', now) } }
  const mayReturn = task.state === 'unreachable' && task.direction === rollout.direction && !hasEnded(rollout.phase)
  return mayReturn ? { rollout, task: at(task, 'waiting', now) } : null
}

/** A command line that is run once assigns nothing. */
function adopts({ kind, strategy }: Rollout): boolean {
  return strategy.offline === 'catch-up' && kind !== 'run'
}
