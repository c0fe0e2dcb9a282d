/** How an attempt ended, in the words of a result, and what it leaves on the host. */
import { RESULT_MESSAGE_CHARS } from '../../shared/command.ts'
import type { Result, Step, Verdict } from '../../shared/command.ts'
import type { Attempt } from './attempt.ts'
import type { Before, Outcome } from './entry.ts'
import { goalOf } from './installation.ts'

/** What the host's record of the service says afterwards. `doubt`: nobody knows what runs, until an attempt succeeds. */
export type Leaves = 'as-it-was' | 'goal' | 'previous' | 'doubt'

export type Conclusion = Pick<Result, 'verdict' | 'step' | 'exitCode' | 'message' | 'revert' | 'changed'> & { leaves: Leaves }

/** The revision runs already, and there is no doubt about it: nothing is touched. */
export function nothingToDo({ command }: Attempt, { installed, settled }: Before): boolean {
  const goal = goalOf(command)
  return settled && (goal ? installed?.goal.revision === goal.revision : !installed)
}

const passed = { step: null, exitCode: 0, revert: 'not-needed' } as const

export const conclude = {
  withdrawn(): Conclusion {
    return { ...passed, verdict: 'withdrawn', message: 'withdrawn before it claimed its slot', changed: false, leaves: 'as-it-was' }
  },

  unchanged({ command }: Attempt): Conclusion {
    const { service } = command
    const goal = goalOf(command)
    const message = goal ? `${service} ${goal.version} runs already` : `${service} is not installed`
    return { ...passed, verdict: 'succeeded', message, changed: false, leaves: 'as-it-was' }
  },

  succeeded({ command }: Attempt): Conclusion {
    const { service } = command
    const goal = goalOf(command)
    const message = goal ? `${service} ${goal.version} runs` : `${service} is removed`
    return { ...passed, verdict: 'succeeded', message, changed: true, leaves: 'goal' }
  },

  /** Broken with nothing to revert, or with an outcome that nobody knows. */
  broken({ granted }: Attempt, step: Step, outcome: Outcome): Conclusion {
    const verdict = verdictOf(step, outcome)
    if (!granted) return { ...verdict, revert: 'not-needed', changed: false, leaves: 'as-it-was' }
    return { ...verdict, revert: 'failed', changed: true, leaves: 'doubt' }
  },

  reverted({ installed }: Before, step: Step, outcome: Outcome): Conclusion {
    const verdict = verdictOf(step, outcome)
    const message = line(verdict.message, installed ? `; ${installed.goal.version} runs again` : '; nothing runs, as before')
    return { ...verdict, message, revert: 'succeeded', changed: true, leaves: 'previous' }
  },

  /** Broken, and the way back is broken too. */
  stuck(step: Step, outcome: Outcome, backStep: Step, backOutcome: Outcome): Conclusion {
    const verdict = verdictOf(step, outcome)
    return { ...verdict, message: line(verdict.message, `; ${say(backStep, backOutcome)}`), revert: 'failed', changed: true, leaves: 'doubt' }
  },
}

function verdictOf(step: Step, outcome: Outcome): Pick<Conclusion, 'verdict' | 'step' | 'exitCode' | 'message'> {
  const verdict: Verdict = outcome.kind === 'timed-out' || outcome.kind === 'unknown' ? outcome.kind : 'failed'
  return { verdict, step, exitCode: outcome.kind === 'failed' ? outcome.exitCode : -1, message: line(say(step, outcome), '') }
}

function say(step: Step, outcome: Outcome): string {
  return 'message' in outcome ? `${step}: ${outcome.message}` : `${step}: ${outcome.kind}`
}

/** One line within the bound of a result; the end, which says where the host stands, is never cut. */
function line(beginning: string, end: string): string {
  const one = (text: string) => text.replace(/\s+/g, ' ')
  const tail = one(end).slice(0, RESULT_MESSAGE_CHARS / 2)
  return one(beginning).slice(0, RESULT_MESSAGE_CHARS - tail.length) + tail
}
