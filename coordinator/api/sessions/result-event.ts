/** What an agent's result is to the rollout machine: the end of a host's task, of a script that runs once, or of fetching ahead. */
import type { Result } from '../../../shared/command.ts'
import type { CommandParts } from '../../../shared/ids.ts'
import type { AgentReports } from '../../engine/ports/reports.ts'

type ResultEvent = Extract<Parameters<AgentReports['report']>[1], { type: 'TaskSucceeded' | 'TaskFailed' | 'ScriptEnded' | 'PrefetchEnded' }>

/** Null: nothing, because the coordinator itself took the command back. */
export function resultEvent({ host, lane, attempt }: CommandParts, result: Result): ResultEvent | null {
  const { verdict, changed, step, exitCode, message, revert } = result
  if (verdict === 'withdrawn') return null
  if (lane === 'script') return { type: 'ScriptEnded', on: host, number: attempt, verdict, exitCode, message }
  if (lane === 'prefetch') return { type: 'PrefetchEnded', host, number: attempt, verdict: verdict === 'succeeded' ? 'succeeded' : 'failed', message }
  switch (verdict) {
    case 'succeeded':
      return { type: 'TaskSucceeded', host, attempt, changed }
    case 'failed':
    case 'timed-out':
    case 'unknown':
      return { type: 'TaskFailed', host, attempt, verdict, step, exitCode, message, revert }
    default:
      return verdict satisfies never
  }
}
