/** How an attempt ended, in the words of a result, and what it leaves on the host. */
import { RESULT_MESSAGE_CHARS } from '../../shared/command.ts'
import type { Result, Step, Verdict } from '../../shared/command.ts'
import type { Attempt } from './attempt.ts'
import type { Before, Outcome } from './entry.ts'
import { goalOf, movesRelease } from './installation.ts'
import { stopOf } from './plan.ts'

/** What the host's record of the service says afterwards. `doubt`: nobody knows what runs, until an attempt succeeds. */
export type Leaves = 'as-it-was' | 'goal' | 'previous' | 'doubt'

export type Conclusion = Pick<Result, 'verdict' | 'step' | 'exitCode' | 'message' | 'revert' | 'changed'> & { leaves: Leaves }

/** What is to be is there already, and there is no doubt about it: nothing is touched. A repair does not take the record's word for it. */
export function nothingToDo({ command: { action } }: Attempt, { installed, settled }: Before): boolean {
  if (action.kind === 'deploy') return settled && !action.repair && installed?.goal.revision === action.goal.revision
  return action.kind === 'remove' && settled && !installed
}

const passed = { step: null, exitCode: 0, revert: 'not-needed' } as const
const STOP_CAN_BE_OVERRULED = '; strategy.stop: new or kill overrules this stop'

export const conclude = {
  withdrawn(): Conclusion {
    return { ...passed, verdict: 'withdrawn', message: 'withdrawn before it claimed its slot', changed: false, leaves: 'as-it-was' }
  },

  unchanged({ command }: Attempt): Conclusion {
    const goal = goalOf(command)
    const message = goal ? `${command.service} ${goal.version} runs already` : `${command.service} is not installed`
    return { ...passed, verdict: 'succeeded', message, changed: false, leaves: 'as-it-was' }
  },

  succeeded({ command, steps }: Attempt): Conclusion {
    const { service, action } = command
    switch (action.kind) {
      case 'deploy':
        return { ...passed, verdict: 'succeeded', message: `${service} ${action.goal.version} runs`, changed: true, leaves: 'goal' }
      case 'remove':
        return { ...passed, verdict: 'succeeded', message: `${service} is removed`, changed: true, leaves: 'goal' }
      case 'script': {
        const message = steps.run?.runs === 0 ? 'nothing to undo' : `${scriptName(action)} succeeded`
        return { ...passed, verdict: 'succeeded', message, changed: false, leaves: 'as-it-was' }
      }
      case 'exec':
        return { ...passed, verdict: 'succeeded', message: 'exited with 0', changed: true, leaves: 'as-it-was' }
      case 'prefetch':
        return { ...passed, verdict: 'succeeded', message: `${service} ${action.goal.version} is here`, changed: false, leaves: 'as-it-was' }
      default:
        return action satisfies never
    }
  },

  /** Broken with nothing to revert, or with an outcome that nobody knows. */
  broken({ command, granted, steps }: Attempt, step: Step, outcome: Outcome): Conclusion {
    const verdict = verdictOf(step, outcome)
    if (granted && movesRelease(command)) return { ...verdict, revert: 'failed', changed: true, leaves: 'doubt' }
    return { ...verdict, revert: 'not-needed', changed: granted && steps.run !== undefined, leaves: 'as-it-was' }
  },

  reverted(attempt: Attempt, { installed }: Before, step: Step, outcome: Outcome): Conclusion {
    const verdict = verdictOf(step, outcome)
    const message = line(verdict.message, `${installed ? `; ${installed.goal.version} runs again` : '; nothing runs, as before'}${wayRound(attempt, step)}`)
    return { ...verdict, message, revert: 'succeeded', changed: true, leaves: 'previous' }
  },

  /** Broken, and the way back is broken too. */
  stuck(attempt: Attempt, step: Step, outcome: Outcome, backStep: Step, backOutcome: Outcome): Conclusion {
    const verdict = verdictOf(step, outcome)
    const message = line(verdict.message, `; ${say(backStep, backOutcome)}`, wayRound(attempt, step))
    return { ...verdict, message, revert: 'failed', changed: true, leaves: 'doubt' }
  },
}

/** The executable that a script command runs. */
export function scriptName({ script, undo }: { script: string; undo: boolean }): string {
  return undo ? `${script}-undo` : script
}

/** A release whose own stop is broken must not stand in the way of its fix. */
function wayRound({ command, killed }: Attempt, step: Step): string {
  return step === 'stop' && killed === null && command.action.kind === 'deploy' && stopOf(command) === 'running' ? STOP_CAN_BE_OVERRULED : ''
}

function verdictOf(step: Step, outcome: Outcome): Pick<Conclusion, 'verdict' | 'step' | 'exitCode' | 'message'> {
  const verdict: Verdict = outcome.kind === 'timed-out' || outcome.kind === 'unknown' ? outcome.kind : 'failed'
  return { verdict, step, exitCode: outcome.kind === 'failed' ? outcome.exitCode : -1, message: line(say(step, outcome), '') }
}

function say(step: Step, outcome: Outcome): string {
  return 'message' in outcome ? `${step}: ${outcome.message}` : `${step}: ${outcome.kind}`
}

/** One line within the bound of a result; the end, which says where the host stands, is cut last, and what can be done about it never. */
function line(beginning: string, end: string, advice = ''): string {
  const one = (text: string) => text.replace(/\s+/g, ' ')
  const tail = one(end).slice(0, RESULT_MESSAGE_CHARS / 2) + advice
  return one(beginning).slice(0, RESULT_MESSAGE_CHARS - tail.length) + tail
}
