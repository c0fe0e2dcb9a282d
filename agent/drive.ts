/**
 * Carries an attempt as far as this host can alone: asks the pure core what is next, does it, journals what came of it. Every action is
 * safe to be asked for again after a crash, because nothing is remembered but the journal.
 */
import type { Step } from '../shared/command.ts'
import type { CommandId } from '../shared/ids.ts'
import { stamp } from './adapters/clock.ts'
import type { Journal } from './adapters/journal.ts'
import { attachScript, runScript } from './adapters/script.ts'
import { remainingMs } from './deploy/budget.ts'
import type { Leaves } from './deploy/conclude.ts'
import type { Before, Outcome } from './deploy/entry.ts'
import { installationOf, reportOf } from './deploy/installation.ts'
import type { Installation, ServiceRecord } from './deploy/installation.ts'
import { next } from './deploy/next.ts'
import type { Action } from './deploy/next.ts'
import type { PrepareStep } from './deploy/plan.ts'
import type { Means } from './means.ts'
import { prepare } from './prepare.ts'
import { orderFor, outputTeller, ticketOf } from './scripts.ts'

/** `ending`: the agent ends, scripts go on. `withdrawing`: the attempt was withdrawn, what it prepares is given up. */
export type Signals = { ending: AbortSignal; withdrawing: AbortSignal }

const MAX_TIMER_MS = 2 ** 31 - 1

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
      case 'run':
        await runStep(journal, action, means, signals.ending)
        break
      case 'attach':
        await attachStep(journal, action, means, signals.ending)
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

async function prepareStep(journal: Journal, step: PrepareStep, means: Means, { ending, withdrawing }: Signals): Promise<void> {
  const { attempt } = journal
  tellStep(attempt.command.id, step, means)
  const leftMs = remainingMs(attempt, step, stamp())
  const timeout = AbortSignal.timeout(Math.min(MAX_TIMER_MS, Math.max(0, leftMs)))
  let outcome: Outcome
  try {
    outcome = await prepare(step, attempt.command, means, AbortSignal.any([timeout, ending, withdrawing]))
  } catch (error) {
    if (ending.aborted || withdrawing.aborted) return
    outcome = timeout.aborted ? { kind: 'timed-out', message: 'did not end in time' } : { kind: 'failed', exitCode: -1, message: (error as Error).message }
  }
  await journal.append({ kind: 'finished', step, outcome })
}

async function switchLink(journal: Journal, { step, path, to }: Action & { do: 'switch' }, means: Means): Promise<void> {
  await markTouched(journal, means)
  tellStep(journal.attempt.command.id, step, means)
  const outcome = await means.releases.link(path, to).then(
    (): Outcome => ({ kind: 'passed' }),
    (error: Error): Outcome => ({ kind: 'failed', exitCode: -1, message: error.message }),
  )
  await journal.append({ kind: 'finished', step, outcome })
}

async function runStep(journal: Journal, { step, release, ticket }: Action & { do: 'run' }, means: Means, ending: AbortSignal): Promise<void> {
  const { attempt } = journal
  const { id } = attempt.command
  if (!attempt.before) throw new Error(`${id}: ${step} before its turn`)
  await markTouched(journal, means)
  tellStep(id, step, means)
  const budgetMs = remainingMs(attempt, step, stamp())
  if (budgetMs <= 0) return await journal.append({ kind: 'finished', step, outcome: { kind: 'timed-out', message: 'no time was left to start it' } })
  let order
  try {
    order = await orderFor({ command: attempt.command, before: attempt.before, step, release }, ticketOf(journal.dir, id, ticket, step), means)
  } catch (error) {
    return await journal.append({ kind: 'finished', step, outcome: { kind: 'failed', exitCode: -1, message: (error as Error).message } })
  }
  await journal.append({ kind: 'started', step, ticket })
  const outcome = await runScript(order, { budgetMs, graceMs: means.graceMs, signal: ending, onOutput: outputTeller(id, step, means.say) })
  if (outcome) await journal.append({ kind: 'finished', step, outcome })
}

async function attachStep(journal: Journal, { step, ticket, bootId }: Action & { do: 'attach' }, means: Means, ending: AbortSignal): Promise<void> {
  const { attempt } = journal
  const { id } = attempt.command
  tellStep(id, step, means)
  const supervision = { budgetMs: remainingMs(attempt, step, stamp()), graceMs: means.graceMs, signal: ending, onOutput: outputTeller(id, step, means.say) }
  const outcome = await attachScript({ ...ticketOf(journal.dir, id, ticket, step), bootId }, supervision)
  if (outcome) await journal.append({ kind: 'finished', step, outcome })
}

/** The record is written before the result, so that a result that has been seen is never ahead of what the host knows of itself. */
async function concludeAttempt(journal: Journal, { conclusion }: Action & { do: 'conclude' }, { records }: Means): Promise<void> {
  const { attempt } = journal
  const { leaves, ...said } = conclusion
  const record = recordAfter(journal, leaves)
  if (record) await records.put(record)
  const installed = reportOf(records.get(attempt.command.service))
  await journal.append({ kind: 'result', result: { ...said, id: attempt.command.id, durationMs: attempt.workedMs, installed } })
}

/** Null: the record stays as it is. */
function recordAfter({ attempt }: Journal, leaves: Leaves): ServiceRecord | null {
  const { command, before } = attempt
  const { id, service } = command
  const installed = before?.installed ?? null
  switch (leaves) {
    case 'as-it-was':
      return null
    case 'goal':
      return { service, installed: installationOf(command), doubt: null }
    case 'previous':
      return { service, installed, doubt: null }
    case 'doubt':
      return { service, installed, doubt: { command: id, attempted: installationOf(command) } }
    default:
      return leaves satisfies never
  }
}

/** From the first touch until the attempt is concluded nobody can count on what the record says. */
async function markTouched(journal: Journal, { records }: Means): Promise<void> {
  const { command } = journal.attempt
  const inDoubt = recordAfter(journal, 'doubt')
  if (inDoubt && records.get(command.service).doubt?.command !== command.id) await records.put(inDoubt)
}

function tellStep(id: CommandId, step: Step, { say }: Means): void {
  say({ kind: 'progress', progress: { id, step, bytesDone: 0, bytesTotal: 0 } }, true)
}
