/** Does one step of an attempt and journals how it ended. Each may be asked for again after a crash. */
import type { Step } from '../shared/command.ts'
import type { CommandId } from '../shared/ids.ts'
import { findAccount } from './adapters/account.ts'
import { stamp } from './adapters/clock.ts'
import { removeHostsFile, writeHostsFile } from './adapters/hosts-file.ts'
import type { Journal } from './adapters/journal.ts'
import { unended } from './adapters/script-outcome.ts'
import { attachScript, runScript } from './adapters/script.ts'
import type { ScriptOrder, Supervision } from './adapters/script.ts'
import { endService } from './adapters/service-processes.ts'
import type { Attempt } from './deploy/attempt.ts'
import { remainingMs } from './deploy/budget.ts'
import type { Outcome } from './deploy/entry.ts'
import { movesRelease } from './deploy/installation.ts'
import type { Action } from './deploy/next.ts'
import type { PrepareStep } from './deploy/plan.ts'
import { recordAfter } from './deploy/record.ts'
import type { Means } from './means.ts'
import { prepare } from './prepare.ts'
import { orderFor, outputTeller, ticketOf } from './scripts.ts'

/** `ending`: the agent ends, scripts go on. `withdrawing`, `killing`: the attempt is given up; the reason of a kill is the signal's. */
export type Signals = { ending: AbortSignal; withdrawing: AbortSignal; killing: AbortSignal }

const MAX_TIMER_MS = 2 ** 31 - 1
const NEVER = new AbortController().signal

export async function prepareStep(journal: Journal, step: PrepareStep, means: Means, { ending, withdrawing, killing }: Signals): Promise<void> {
  const { attempt } = journal
  tellStep(attempt.command.id, step, means)
  const leftMs = remainingMs(attempt, step, stamp())
  const timeout = AbortSignal.timeout(Math.min(MAX_TIMER_MS, Math.max(0, leftMs)))
  let outcome: Outcome
  try {
    outcome = await prepare(step, attempt.command, means, AbortSignal.any([timeout, ending, withdrawing, killing]))
  } catch (error) {
    if (ending.aborted || withdrawing.aborted || killing.aborted) return
    const place = step === 'fetch' ? means.distribution.dir : means.releases.real(attempt.command.path)
    outcome = timeout.aborted ? { kind: 'timed-out', message: 'did not end in time' } : failed(inWords(error as NodeJS.ErrnoException, place))
  }
  await journal.append({ kind: 'finished', step, outcome })
}

/** What is linked belongs to its account before it is started; what goes back, goes back to its own. */
export async function switchLink(journal: Journal, { step, path, to }: Action & { do: 'switch' }, means: Means): Promise<void> {
  await markTouched(journal, means)
  tellStep(journal.attempt.command.id, step, means)
  const change = async (): Promise<void> => {
    await means.releases.link(path, to)
    const answer = to && (await findAccount(to.account))
    if (answer?.ok) await means.releases.handOver(path, answer.account)
  }
  const outcome = await change().then((): Outcome => ({ kind: 'passed' }), (error: Error) => failed(error.message))
  await journal.append({ kind: 'finished', step, outcome })
}

/** Ends what runs of the service without asking its scripts. */
export async function endStep(journal: Journal, { step, release }: Action & { do: 'end' }, means: Means): Promise<void> {
  const { id, service } = journal.attempt.command
  await markTouched(journal, means)
  tellStep(id, step, means)
  const left = await endService({ service, path: means.releases.real(release.path) }, means.graceMs)
  await journal.append({ kind: 'finished', step, outcome: left.length === 0 ? { kind: 'passed' } : failed(`processes are left${unended(left)}`) })
}

export async function runStep(journal: Journal, { step, release, ticket }: Action & { do: 'run' }, means: Means, signals: Signals): Promise<void> {
  const { attempt } = journal
  const { command, before } = attempt
  const { id } = command
  if (!before) throw new Error(`${id}: ${step} before its turn`)
  await markTouched(journal, means)
  tellStep(id, step, means)
  const budgetMs = remainingMs(attempt, step, stamp())
  if (budgetMs <= 0) return await journal.append({ kind: 'finished', step, outcome: { kind: 'timed-out', message: 'no time was left to start it' } })
  let order: ScriptOrder | null
  try {
    const hostsFile = await writeHostsFile(command, means.context.root)
    order = await orderFor({ command, before, step, release, hostsFile }, ticketOf(journal.dir, id, ticket, step), means)
  } catch (error) {
    return await journal.append({ kind: 'finished', step, outcome: failed((error as Error).message) })
  }
  if (!order) return await journal.append({ kind: 'finished', step, outcome: { kind: 'passed' } })
  const isGivenUp = ({ withdrawn, granted, killed }: Attempt): boolean => (withdrawn && !granted) || (killed !== null && !isBack(step))
  await journal.append({ kind: 'started', step, ticket }, isGivenUp)
  if (journal.attempt.steps[step]?.ticket !== ticket) return
  const outcome = await runScript(order, supervision(journal, step, budgetMs, means, signals))
  if (outcome) await journal.append({ kind: 'finished', step, outcome })
}

export async function attachStep(journal: Journal, { step, ticket, bootId }: Action & { do: 'attach' }, means: Means, signals: Signals): Promise<void> {
  const { attempt } = journal
  const { id } = attempt.command
  tellStep(id, step, means)
  const supervised = supervision(journal, step, remainingMs(attempt, step, stamp()), means, signals)
  const outcome = await attachScript({ ...ticketOf(journal.dir, id, ticket, step), bootId }, supervised)
  if (outcome) await journal.append({ kind: 'finished', step, outcome })
}

/** What a script had beside its own files, and nobody needs any more. */
export async function clearUp({ attempt: { command } }: Journal, { context }: Means): Promise<void> {
  await removeHostsFile(command, context.root)
}

/** A kill never cuts the way back. */
function supervision({ attempt }: Journal, step: Step, budgetMs: number, { graceMs, say }: Means, { ending, killing }: Signals): Supervision {
  return { budgetMs, graceMs, signal: ending, killing: isBack(step) ? NEVER : killing, onOutput: outputTeller(attempt.command.id, step, say) }
}

/** From the first touch until the attempt is concluded nobody can count on what the record says. */
async function markTouched({ attempt }: Journal, { records }: Means): Promise<void> {
  const { command } = attempt
  const inDoubt = movesRelease(command) ? recordAfter(attempt, 'doubt') : null
  if (inDoubt && records.get(command.service).doubt?.command !== command.id) await records.put(inDoubt)
}

function isBack(step: Step): boolean {
  return step.startsWith('revert-')
}

/** A disk that fills up half-way is the one thing that preflight cannot promise away. */
function inWords({ code, message }: NodeJS.ErrnoException, path: string): string {
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return isFull ? `no space is left on the file system of ${path} (${code}); nothing that runs was touched` : message
}

function failed(message: string): Outcome {
  return { kind: 'failed', exitCode: -1, message }
}

function tellStep(id: CommandId, step: Step, { say }: Means): void {
  say({ kind: 'progress', progress: { id, step, bytesDone: 0, bytesTotal: 0, transfer: null } }, true)
}
