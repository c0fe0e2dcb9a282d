/** Which steps an attempt consists of, in which order, and whose script each of them runs. */
import type { Command, Step, Stop } from '../../shared/command.ts'
import type { Attempt } from './attempt.ts'
import type { Before } from './entry.ts'
import { goalOf, installationOf } from './installation.ts'
import type { Installation } from './installation.ts'

/** What a package may bring its own executable for. */
export type Script = 'stop' | 'start' | 'check'
export type ScriptStep = Script | 'run' | 'revert-stop' | 'revert-start' | 'revert-check'
/** Steps that the agent does by itself before anything is touched. */
export type PrepareStep = 'preflight' | 'fetch' | 'unpack'
export type SwitchStep = 'switch' | 'revert-switch'
export type StopStep = 'stop' | 'revert-stop'

export function isScriptStep(step: Step): step is ScriptStep {
  return step === 'run' || /(^|-)(stop|start|check)$/.test(step)
}

/** A revert runs the same executables as the way forward. */
export function scriptOf(step: ScriptStep): Script | 'run' {
  switch (step) {
    case 'stop':
    case 'revert-stop':
      return 'stop'
    case 'start':
    case 'revert-start':
      return 'start'
    case 'check':
    case 'revert-check':
      return 'check'
    case 'run':
      return 'run'
    default:
      return step satisfies never
  }
}

/** A first install has nothing to stop; a removal has nothing to fetch or to start; a script needs no slot, because it touches nothing that runs. */
export function forwardSteps({ command: { action } }: Attempt, before: Before): Step[] {
  const stop: Step[] = before.running ? ['stop'] : []
  switch (action.kind) {
    case 'deploy':
      return ['preflight', 'fetch', 'unpack', 'claim', ...stop, 'switch', 'start', 'check']
    case 'remove':
      return ['preflight', 'claim', ...stop, 'switch']
    case 'script':
      return ['preflight', 'fetch', 'unpack', 'run']
    case 'exec':
      return ['preflight', 'claim', 'run']
    case 'prefetch':
      return ['preflight', 'fetch']
    default:
      return action satisfies never
  }
}

/**
 * The way back from a broken step to the release that worked, or to nothing if there was none. What has not been started is
 * not stopped, unless nothing is to run afterwards: then whatever still runs has to go.
 */
export function revertSteps(attempt: Attempt, before: Before): Step[] {
  if (before.installed) return [...(attempt.steps.start ? (['revert-stop'] as const) : []), 'revert-switch', 'revert-start', 'revert-check']
  return [...(attempt.steps.start || before.running ? (['revert-stop'] as const) : []), 'revert-switch']
}

/** The release whose script a step runs. Null, of the steps in this attempt's plan, only for a command line. */
export function releaseOf(attempt: Attempt, before: Before, step: ScriptStep): Installation | null {
  switch (step) {
    case 'stop':
      return stopped(attempt, before)
    case 'start':
    case 'check':
    case 'run':
      return installationOf(attempt.command)
    case 'revert-stop':
      return attempt.steps.start ? installationOf(attempt.command) : stopped(attempt, before)
    case 'revert-start':
    case 'revert-check':
      return before.installed
    default:
      return step satisfies never
  }
}

/** What is stopped, with the scripts that stop it: with `stop: new` those of the new release, which see the running one as if they were its own. */
function stopped({ command }: Attempt, { running }: Before): Installation | null {
  const next = installationOf(command)
  if (!running || !next || stopOf(command) !== 'new') return running
  return { ...running, cmdDir: next.cmdDir, goal: { ...running.goal, steps: next.goal.steps } }
}

/** Whose `stop` ends what runs. */
export function stopOf({ action }: Command): Stop {
  return 'stop' in action ? action.stop : 'running'
}

/** Whether the agent itself ends the processes in that step. What this attempt has started is always stopped by its own script. */
export function endsByKilling(attempt: Attempt, step: StopStep): boolean {
  return stopOf(attempt.command) === 'kill' && (step === 'stop' || !attempt.steps.start)
}

/** Where `<path>/current` is to point after a switch; `to` null: nowhere. */
export function linkOf({ command }: Attempt, before: Before, step: SwitchStep): { path: string; to: Installation | null } {
  // a removal is of what is there, wherever the catalogue says by now that the service lives
  const path = goalOf(command) ? command.path : ((before.installed ?? before.running)?.path ?? command.path)
  if (step === 'switch') return { path, to: installationOf(command) }
  return { path, to: before.installed?.path === path ? before.installed : null }
}
