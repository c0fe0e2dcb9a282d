/**
 * What a host does next, from an attempt's journal alone. Owns the promises: nothing that runs is touched before the grant, no
 * script is asked for twice under one ticket, and whatever breaks after the grant is reverted here, without a coordinator. A kill is a break.
 */
import type { Result, Step } from '../../shared/command.ts'
import type { Attempt, StepRun } from './attempt.ts'
import { conclude, nothingToDo } from './conclude.ts'
import type { Conclusion } from './conclude.ts'
import type { Before, Outcome } from './entry.ts'
import { movesRelease } from './installation.ts'
import type { Installation } from './installation.ts'
import { endsByKilling, forwardSteps, isScriptStep, linkOf, releaseOf, revertSteps, scriptOf } from './plan.ts'
import type { PrepareStep, ScriptStep, StopStep, SwitchStep } from './plan.ts'

export type Action =
  /** Its turn has come: journal what the host holds. */
  | { do: 'begin' }
  | { do: 'prepare'; step: PrepareStep }
  | { do: 'claim' }
  | { do: 'switch'; step: SwitchStep; path: string; to: Installation | null }
  /** `release` null: a command line. */
  | { do: 'run'; step: ScriptStep; release: Installation | null; ticket: number }
  /** Kill whatever runs of the service, without its scripts. */
  | { do: 'end'; step: StopStep; release: Installation }
  /** A script was to be started, perhaps by an agent that has died since: find out what became of it. */
  | { do: 'attach'; step: ScriptStep; ticket: number; bootId: string }
  | { do: 'conclude'; conclusion: Conclusion }
  | { do: 'deliver'; result: Result }
  | { do: 'rest' }

/** How often a script whose outcome is lost is run at all: an idempotent one that takes its host down must come to an end. */
export const IDEMPOTENT_RUNS = 3

export function next(attempt: Attempt): Action {
  const { before, result } = attempt
  if (attempt.acknowledged) return { do: 'rest' }
  if (result) return { do: 'deliver', result }
  if (attempt.withdrawn && !attempt.granted) return conclusion(conclude.withdrawn())
  if (!before) return attempt.killed === null ? { do: 'begin' } : conclusion(conclude.broken(attempt, 'preflight', killedOutcome(attempt.killed)))
  if (nothingToDo(attempt, before)) return conclusion(conclude.unchanged(attempt))

  const forward = walk(attempt, before, forwardSteps(attempt, before), [], attempt.killed)
  switch (forward.kind) {
    case 'at':
      return forward.action
    case 'passed':
      return conclusion(conclude.succeeded(attempt))
    case 'broken':
      return afterBreak(attempt, before, forward)
    default:
      return forward satisfies never
  }
}

type Broken = { kind: 'broken'; step: Step; outcome: Outcome }
type Walk = { kind: 'at'; action: Action } | { kind: 'passed' } | Broken

/** The first of `steps` that has not passed. A broken one of `forgiven` is passed over. Once `killed`, nothing is begun, and what was lost stays lost. */
function walk(attempt: Attempt, before: Before, steps: Step[], forgiven: Step[], killed: string | null): Walk {
  for (const step of steps) {
    const run = attempt.steps[step]
    if (step === 'claim' ? !attempt.granted : !run || again(attempt, before, step, run)) {
      if (killed === null) return { kind: 'at', action: act(attempt, before, step) }
      return { kind: 'broken', step, outcome: run?.outcome?.kind === 'unknown' ? run.outcome : killedOutcome(killed) }
    }
    if (!run || run.outcome?.kind === 'passed') continue
    if (!run.outcome) return { kind: 'at', action: attach(attempt, step, run) }
    if (!forgiven.includes(step) || run.outcome.kind === 'unknown') return { kind: 'broken', step, outcome: run.outcome }
  }
  return { kind: 'passed' }
}

/** Whether the step's last run did not count: it never took place, or its outcome is lost and it may be repeated. */
function again(attempt: Attempt, before: Before, step: Step, { outcome, runs }: StepRun): boolean {
  if (outcome?.kind === 'never-ran') return true
  if (outcome?.kind !== 'unknown' || runs >= IDEMPOTENT_RUNS || !isScriptStep(step)) return false
  return releaseOf(attempt, before, step)?.goal.steps[scriptOf(step)]?.idempotent ?? false
}

function attach(attempt: Attempt, step: Step, { ticket, bootId }: StepRun): Action {
  if (!isScriptStep(step)) throw new Error(`${attempt.command.id}: ${step} runs no script that could have been started`)
  return { do: 'attach', step, ticket, bootId }
}

function act(attempt: Attempt, before: Before, step: Step): Action {
  switch (step) {
    case 'claim':
      return { do: 'claim' }
    case 'preflight':
    case 'fetch':
    case 'unpack':
      return { do: 'prepare', step }
    case 'switch':
    case 'revert-switch':
      return { do: 'switch', step, ...linkOf(attempt, before, step) }
    case 'stop':
    case 'revert-stop': {
      const release = releaseOf(attempt, before, step)
      return release && endsByKilling(attempt, step) ? { do: 'end', step, release } : runOf(attempt, step, release)
    }
    case 'start':
    case 'check':
    case 'run':
    case 'revert-start':
    case 'revert-check':
      return runOf(attempt, step, releaseOf(attempt, before, step))
    default:
      return step satisfies never
  }
}

function runOf({ command, tickets }: Attempt, step: ScriptStep, release: Installation | null): Action {
  if (!release && command.action.kind !== 'exec') throw new Error(`${command.id}: ${step} is planned for no release`)
  return { do: 'run', step, release, ticket: tickets + 1 }
}

function killedOutcome(reason: string): Outcome {
  return { kind: 'failed', exitCode: -1, message: `killed: ${reason}` }
}

/**
 * A lost outcome is never guessed at: neither the broken step nor a step of the way back is decided for a person. What decides a way back
 * is that the release that worked is linked, started and healthy; after a broken `stop` it may never have ended, so its check alone decides.
 */
function afterBreak(attempt: Attempt, before: Before, broken: Broken): Action {
  const isForAPerson = broken.outcome.kind === 'unknown'
  if (isForAPerson || !attempt.granted || !movesRelease(attempt.command)) return conclusion(conclude.broken(attempt, broken.step, broken.outcome))
  const forgiven: Step[] = !before.installed ? [] : broken.step === 'stop' ? ['revert-stop', 'revert-start'] : ['revert-stop']
  const back = walk(attempt, before, revertSteps(attempt, before), forgiven, null)
  switch (back.kind) {
    case 'at':
      return back.action
    case 'passed':
      return conclusion(conclude.reverted(attempt, before, broken.step, broken.outcome))
    case 'broken':
      return conclusion(conclude.stuck(attempt, broken.step, broken.outcome, back.step, back.outcome))
    default:
      return back satisfies never
  }
}

function conclusion(conclusion: Conclusion): Action {
  return { do: 'conclude', conclusion }
}
