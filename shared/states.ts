/** The words for where a rollout and its tasks are: one list for the machine, the API and the CLI. coordinator/rollout/state.ts says how they follow. */
export const PHASES = ['queued', 'running', 'paused', 'rolling-back', 'succeeded', 'failed', 'aborted', 'rolled-back'] as const
export type Phase = (typeof PHASES)[number]

export const TASK_STATES = [
  'waiting', 'sent', 'claimed', 'running', 'succeeded', 'failed', 'timed-out', 'unreachable', 'skipped', 'withdrawn', 'unknown',
] as const
export type TaskState = (typeof TASK_STATES)[number]

/** Forward: towards the rollout's revision. Back: towards what each host ran before. */
export type Direction = 'forward' | 'back'

const ENDED: ReadonlySet<Phase> = new Set<Phase>(['succeeded', 'failed', 'aborted', 'rolled-back'])

export function hasEnded(phase: Phase): boolean {
  return ENDED.has(phase)
}
