/** The way back: everything that was touched, or one wave alone, the latest first. Owns which rows a rollback turns. */
import { counted } from '../../shared/counted.ts'
import type { ControlEvent } from './event.ts'
import { refused } from './outcome.ts'
import type { Changed, Handled } from './outcome.ts'
import { assign, at, isOnlyAdopted, isOut } from './row.ts'
import type { Rollout, Task } from './state.ts'
import { withWarmingOver } from './warming.ts'

type RollbackRequested = Extract<ControlEvent, { type: 'RollbackRequested' }>

export function onRollbackRequested(rollout: Rollout, { wave }: RollbackRequested): Handled {
  const { id, kind, hold } = rollout
  if (kind === 'run') return refused(`${id} ran a command; nobody knows how to take that back`)
  const isOnItsWay = rollout.phase === 'rolling-back' || (rollout.phase === 'paused' && rollout.direction === 'back')
  if (isOnItsWay && hold?.kind === 'abort') return refused(`${id} is being aborted; it can be rolled back once it has ended`)
  const isWiderThanBefore = rollout.backOnly !== null && (wave === null || rollout.phase === 'rolled-back' || rollout.phase === 'failed')
  // What an abort left half way may still go all the way back.
  if (rollout.direction === 'back' && rollout.phase !== 'aborted' && !isWiderThanBefore) return refused(alreadyBack(rollout))
  if (wave === null) return { rollout: turnBack(rollout) }
  const why = whyNotWave(rollout, wave)
  return why === null ? { rollout: turnBack(rollout, wave) } : refused(why)
}

function alreadyBack({ id, backOnly }: Rollout): string {
  if (backOnly === null) return `${id} is rolled back already, or on its way`
  return `wave ${backOnly + 1} of ${id} is being put back; wait for its end, or put everything back: rollout rollback ${id}`
}

function whyNotWave({ id, waves, wave: begun }: Rollout, index: number): string | null {
  const wave = waves[index]
  const name = `wave ${index + 1} of ${id}`
  if (wave === undefined) return `${id} has ${counted(waves.length, 'wave')}`
  if (index > begun) return `${name} has not begun`
  const { claimed, running, unknown } = wave.forward
  const open = wave.back.waiting + wave.back.withdrawn
  return wave.done + claimed + running + unknown + open === 0 ? `there is nothing to put back in ${name}` : null
}

export function turnBack(rollout: Rollout, backOnly: number | null = null): Rollout {
  return { ...withWarmingOver(rollout), phase: 'rolling-back', direction: 'back', backOnly, gate: null, hold: null, toRetry: 0, toBegin: 0, endedAtMs: null }
}

/** Whether the way back includes the row, as soon as it is at rest. */
export function isToBeTurned({ direction, backOnly }: Rollout, task: Task): boolean {
  const isPart = backOnly === null || backOnly === task.wave
  return direction === 'back' && isPart && task.direction === 'forward' && task.touchedAtMs !== null
}

/** A touched forward task becomes a task back to what its host ran before. */
export function onTurnDue(rollout: Rollout, task: Task, now: number): Changed | null {
  if (!isToBeTurned(rollout, task) || isOut(task)) return null
  const turning = { ...rollout, turned: rollout.turned + 1 }
  const back = { direction: 'back' as const, rank: rollout.turned, tries: 0 }
  if (!isOnlyAdopted(task)) return { rollout: turning, task: { ...at(task, 'waiting', now), ...back, changed: null } }
  const unadopted: Task = { ...at(task, 'succeeded', now), ...back, changed: false }
  return { rollout: turning, task: unadopted, effects: [assign(unadopted)] }
}
