/**
 * How long a step may still take. The way forward shares one budget, the command's timeout, which does not run while the attempt waits
 * for its turn or its slot. Each step of the way back has the whole timeout again: a hung stop must not cost the old release its start.
 */
import { elapsedMs } from './attempt.ts'
import type { Attempt } from './attempt.ts'
import type { Stamp } from './entry.ts'
import type { Step } from '../../shared/command.ts'

/** Milliseconds; 0 or less: it is over. */
export function remainingMs(attempt: Attempt, step: Step, now: Stamp): number {
  const sinceLastMs = elapsedMs(attempt.last, now)
  return attempt.command.timeoutMs - sinceLastMs - (step.startsWith('revert-') ? 0 : attempt.workedMs)
}
