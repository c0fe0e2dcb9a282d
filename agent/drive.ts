/**
 * Carries an attempt as far as this host can alone: asks the pure core what is next, does it, journals what came of it. Every action is
 * safe to be asked for again after a crash, because nothing is remembered but the journal.
 */
import type { Journal } from './adapters/journal.ts'
import type { Before } from './deploy/entry.ts'
import type { Conclusion } from './deploy/conclude.ts'
import { installationOf } from './deploy/installation.ts'
import type { Installation } from './deploy/installation.ts'
import { next } from './deploy/next.ts'
import type { Action } from './deploy/next.ts'
import { recordAfter } from './deploy/record.ts'
import type { Means } from './means.ts'
import { attachStep, clearUp, endStep, prepareStep, runStep, switchLink } from './steps.ts'
import type { Signals } from './steps.ts'

/** Resolves when the attempt has its result, waits for its slot, or the agent ends. Rejects when the journal or a record cannot be written. */
export async function drive(journal: Journal, means: Means, signals: Signals): Promise<void> {
  while (!signals.ending.aborted) {
    const action = next(journal.attempt)
    switch (action.do) {
      case 'claim':
      case 'deliver':
      case 'rest':
        return
      case 'begin':
        await journal.append({ kind: 'began', before: await lookBefore(journal.attempt.command.service, means) })
        break
      case 'prepare':
        await prepareStep(journal, action.step, means, signals)
        break
      case 'switch':
        await switchLink(journal, action, means)
        break
      case 'end':
        await endStep(journal, action, means)
        break
      case 'run':
        await runStep(journal, action, means, signals)
        break
      case 'attach':
        await attachStep(journal, action, means, signals)
        break
      case 'conclude':
        await concludeAttempt(journal, action, means)
        break
      default:
        action satisfies never
    }
  }
}

/** After an attempt of unknown end, `current` says which release may run. */
async function lookBefore(service: string, { records, releases }: Means): Promise<Before> {
  const { installed, doubt } = records.get(service)
  const isLinked = async (one: Installation | null): Promise<boolean> => one !== null && (await releases.isCurrent(one))
  if (!doubt) return { installed, running: installed, settled: !installed || (await isLinked(installed)) }
  const { attempted } = doubt
  const running = !attempted || (await isLinked(installed)) ? installed : attempted
  return { installed, running, settled: false }
}

/** The record is written before the result, so that a result that has been seen is never ahead of what the host knows of itself. */
async function concludeAttempt(journal: Journal, { conclusion }: Action & { do: 'conclude' }, means: Means): Promise<void> {
  const { attempt } = journal
  const { leaves, ...said } = conclusion
  await leaveBehind(journal, leaves, means)
  const record = recordAfter(attempt, leaves)
  if (record) await means.records.put(record)
  const installed = means.audits.of(attempt.command.service)
  await journal.append({ kind: 'result', result: { ...said, id: attempt.command.id, durationMs: attempt.workedMs, installed } })
}

/** What nobody must find any more: the link at a place that the service has left, and what a repair was there to replace. */
async function leaveBehind(journal: Journal, leaves: Conclusion['leaves'], means: Means): Promise<void> {
  const { command, before } = journal.attempt
  const [from, to] = [before?.installed ?? null, installationOf(command)]
  await clearUp(journal, means)
  if (leaves !== 'goal' || !from || !to) return
  const leave = async (): Promise<void> => {
    if (from.path !== to.path && (await means.releases.isCurrent(from))) await means.releases.link(from.path, null)
    if (command.action.kind === 'deploy' && command.action.repair) await means.releases.discard(from, to)
  }
  await leave().catch((error: unknown) => means.log.warn({ command: command.id, error }, 'something of the former release stays'))
}
