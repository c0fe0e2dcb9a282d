/** What it is to the rollout machine that a step has begun on a host. */
import type { Step } from '../../../shared/command.ts'
import type { CommandParts } from '../../../shared/ids.ts'
import type { AgentReports } from '../../engine/ports/reports.ts'

type StepEvent = Extract<Parameters<AgentReports['report']>[1], { type: 'StepStarted' | 'ScriptStarted' }>

/** A rollout is not told of them: it knows of both from the command and the claim. */
const UNREPORTED: ReadonlySet<Step> = new Set(['preflight', 'claim'])

/** Null: nothing. Of a script that runs once, only that it has begun is news. */
export function stepEvent({ host, lane, attempt }: CommandParts, step: Step): StepEvent | null {
  if (lane === 'task' && !UNREPORTED.has(step)) return { type: 'StepStarted', host, attempt, step }
  if (lane === 'script' && step === 'run') return { type: 'ScriptStarted', on: host, number: attempt }
  return null
}
