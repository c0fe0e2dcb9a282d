/** What an agent's result is to the rollout machine. */
import type { Result } from '../../../shared/command.ts'
import type { CommandParts } from '../../../shared/ids.ts'
import type { AgentReports } from '../../engine/ports/reports.ts'

type ResultEvent = Extract<Parameters<AgentReports['report']>[1], { type: 'TaskSucceeded' | 'TaskFailed' }>

/** Null: nothing, because the coordinator itself took the command back. */
export function resultEvent({ host, attempt }: CommandParts, result: Result): ResultEvent | null {
  const { verdict, changed, step, exitCode, message, revert } = result
  switch (verdict) {
    case 'succeeded':
      return { type: 'TaskSucceeded', host, attempt, changed }
    case 'failed':
    case 'timed-out':
    case 'unknown':
      return { type: 'TaskFailed', host, attempt, verdict, step, exitCode, message, revert }
    case 'withdrawn':
      return null
    default:
      return verdict satisfies never
  }
}
