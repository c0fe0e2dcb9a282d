/** A rollout's hosts, counted by what became of them. */
import type { RolloutView } from '../../shared/api/rollout.ts'
import { TASK_STATES } from '../../shared/states.ts'
import type { Direction, TaskState } from '../../shared/states.ts'

export type Wave = RolloutView['waves'][number]

/** How many hosts of `waves` are in one of `states`, going in `direction`. */
export function countOf(waves: readonly Wave[], direction: Direction, states: readonly TaskState[]): number {
  return waves.reduce((sum, wave) => sum + states.reduce((inner, state) => inner + (wave[direction][state] ?? 0), 0), 0)
}

/** Hosts that run the release of the rollout. */
export function succeededOf(waves: readonly Wave[]): number {
  return countOf(waves, 'forward', ['succeeded'])
}

/** `12 succeeded, 4 running`; empty when no host goes in `direction`. */
export function countsText(waves: readonly Wave[], direction: Direction): string {
  const counts = TASK_STATES.map((state) => [state, countOf(waves, direction, [state])] as const)
  return counts.filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state}`).join(', ')
}
