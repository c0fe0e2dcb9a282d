/** Which steps an attempt consists of, in which order, and whose script each of them runs. */
import type { Step } from '../../shared/command.ts'
import type { Attempt } from './attempt.ts'
import type { Before } from './entry.ts'
import { goalOf, installationOf } from './installation.ts'
import type { Installation } from './installation.ts'

/** What a package may bring its own executable for. */
export type Script = 'stop' | 'start' | 'check'
export type ScriptStep = Script | 'revert-stop' | 'revert-start' | 'revert-check'
/** Steps that the agent does by itself before anything is touched. */
export type PrepareStep = 'preflight' | 'fetch' | 'unpack'
export type SwitchStep = 'switch' | 'revert-switch'

export function isScriptStep(step: Step): step is ScriptStep {
  return /(^|-)(stop|start|check)$/.test(step)
}

/** A revert runs the same executables as the way forward. */
export function scriptOf(step: ScriptStep): Script {
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
    default:
      return step satisfies never
  }
}

/** A first install has nothing to stop; a removal has nothing to fetch or to start. */
export function forwardSteps({ command }: Attempt, before: Before): Step[] {
  const stop: Step[] = before.running ? ['stop'] : []
  if (!goalOf(command)) return ['preflight', 'claim', ...stop, 'switch']
  return ['preflight', 'fetch', 'unpack', 'claim', ...stop, 'switch', 'start', 'check']
}

/**
 * The way back from a broken step to the release that worked, or to nothing if there was none. What has not been started is
 * not stopped, unless nothing is to run afterwards: then whatever still runs has to go.
 */
export function revertSteps(attempt: Attempt, before: Before): Step[] {
  if (before.installed) return [...(attempt.steps.start ? (['revert-stop'] as const) : []), 'revert-switch', 'revert-start', 'revert-check']
  return [...(attempt.steps.start || before.running ? (['revert-stop'] as const) : []), 'revert-switch']
}

/** The release whose script a step runs. Null does not happen for a step of this attempt's plan. */
export function releaseOf(attempt: Attempt, before: Before, step: ScriptStep): Installation | null {
  switch (step) {
    case 'stop':
      return before.running
    case 'start':
    case 'check':
      return installationOf(attempt.command)
    case 'revert-stop':
      return attempt.steps.start ? installationOf(attempt.command) : before.running
    case 'revert-start':
    case 'revert-check':
      return before.installed
    default:
      return step satisfies never
  }
}

/** Where `<path>/current` is to point after a switch; `to` null: nowhere. */
export function linkOf({ command }: Attempt, before: Before, step: SwitchStep): { path: string; to: Installation | null } {
  // a removal is of what is there, wherever the catalogue says by now that the service lives
  const path = goalOf(command) ? command.path : ((before.installed ?? before.running)?.path ?? command.path)
  if (step === 'switch') return { path, to: installationOf(command) }
  return { path, to: before.installed?.path === path ? before.installed : null }
}
