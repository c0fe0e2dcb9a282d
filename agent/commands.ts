/**
 * All commands of this host, from acceptance to acknowledgement. Owns whose turn it is: of one service strictly one after another, of all
 * services so many at once, and a command whose slot was granted before any other.
 */
import type { Command, Result } from '../shared/command.ts'
import type { CommandId, HostName } from '../shared/ids.ts'
import type { AgentMessage, OpenCommand } from '../shared/message.ts'
import type { Journal, Journals } from './adapters/journal.ts'
import { refuse } from './deploy/acceptable.ts'
import type { Attempt } from './deploy/attempt.ts'
import { next } from './deploy/next.ts'
import { drive } from './drive.ts'
import type { Means } from './means.ts'
import { retellOutputs } from './scripts.ts'

/** Attempts that work at once. One that waits for its slot does not work. */
export const MAX_WORKING = 4
/** Commands that nobody has acknowledged as finished; more are refused, and tried again by whoever sent them. */
export const MAX_OPEN = 256
/** Pause before an attempt goes on whose journal or record could not be written. */
const TROUBLE_PAUSE_MS = 5000

export class Commands {
  readonly #journals: Journals
  readonly #means: Means
  readonly #host: HostName
  readonly #ending: AbortSignal
  readonly #working = new Map<CommandId, AbortController>()
  readonly #inTrouble = new Set<CommandId>()

  constructor(journals: Journals, means: Means, host: HostName, ending: AbortSignal) {
    this.#journals = journals
    this.#means = means
    this.#host = host
    this.#ending = ending
  }

  /** Goes on with what is open. To be called once at the start, and after every change. */
  pump(): void {
    if (this.#ending.aborted) return
    const services = new Set<string>()
    const ready = this.#unfinished().filter(({ attempt }) => {
      const { id, service } = attempt.command
      const first = !services.has(service)
      services.add(service)
      return (first || attempt.withdrawn) && !this.#working.has(id) && !this.#inTrouble.has(id) && wantsWork(attempt)
    })
    const grantedFirst = ready.sort((a, b) => Number(b.attempt.granted) - Number(a.attempt.granted))
    for (const journal of grantedFirst.slice(0, Math.max(0, MAX_WORKING - this.#working.size))) void this.#work(journal)
  }

  /** Resolves when the command is on the disk, or refused. One that is known is answered and not run again. */
  async receive(command: Command): Promise<void> {
    const { id } = command
    const known = this.#journals.get(id)
    if (known) {
      this.#say({ kind: 'accepted', id })
      this.#tell(known.attempt)
      return
    }
    const refusal = refuse(command, this.#host) ?? (this.open().length >= MAX_OPEN ? `this host has ${MAX_OPEN} commands open already` : null)
    if (refusal !== null) return this.reject(id, refusal)
    try {
      await this.#journals.accept(command)
    } catch (error) {
      return this.reject(id, `the command cannot be journalled: ${(error as Error).message}`)
    }
    this.#say({ kind: 'accepted', id })
    this.pump()
  }

  /** Answers a command that this host will not even begin. Nothing is remembered of it: if it comes again, it is judged again. */
  reject(id: CommandId, message: string): void {
    this.#means.log.warn({ command: id, message }, 'command rejected')
    this.#say({ kind: 'result', result: { ...untouched(id), verdict: 'failed', step: 'preflight', exitCode: -1, message } })
  }

  /** The slot is ours. Resolves when that is on the disk; a grant that nobody waits for changes nothing. */
  async grant(id: CommandId): Promise<void> {
    await this.#journals.get(id)?.append({ kind: 'granted' }, (attempt) => next(attempt).do !== 'claim')
    this.pump()
  }

  /** Gives up a command that has no slot. Resolves when that is on the disk. */
  async withdraw(id: CommandId): Promise<void> {
    const journal = this.#journals.get(id)
    if (!journal) {
      this.#say({ kind: 'result', result: { ...untouched(id), verdict: 'withdrawn', step: null, exitCode: 0, message: 'withdrawn before it arrived' } })
      return
    }
    await journal.append({ kind: 'withdrawn' }, ({ granted, withdrawn, result }) => granted || withdrawn || result !== null)
    if (journal.attempt.withdrawn) this.#working.get(id)?.abort()
    this.#tell(journal.attempt)
    this.pump()
  }

  /** A coordinator holds the result for good. */
  async acknowledge(id: CommandId): Promise<void> {
    await this.#journals.get(id)?.append({ kind: 'acknowledged' }, ({ result, acknowledged }) => result === null || acknowledged)
    await this.#journals.prune(new Date())
  }

  /** Says again what a coordinator may have missed: outputs, then results and claims. Never rejects. */
  async repeat(): Promise<void> {
    for (const journal of this.#journals.all().filter(({ attempt }) => !attempt.acknowledged)) {
      await retellOutputs(journal, this.#means.say).catch((error: unknown) => this.#means.log.warn({ error }, 'an output cannot be read'))
      this.#tell(journal.attempt)
    }
  }

  repeatClaims(): void {
    for (const { attempt } of this.#unfinished()) this.#tell(attempt, false)
  }

  open(): OpenCommand[] {
    return this.#journals.all().filter(({ attempt }) => !attempt.acknowledged).map(({ attempt }) => ({ id: attempt.command.id, claimed: attempt.granted }))
  }

  get runningCount(): number {
    return this.#unfinished().length
  }

  /** Those whose turn has come, then the others as they were accepted. */
  #unfinished(): Journal[] {
    const unfinished = this.#journals.all().filter(({ attempt }) => !attempt.result)
    return unfinished.sort((a, b) => Number(b.attempt.before !== null) - Number(a.attempt.before !== null))
  }

  async #work(journal: Journal): Promise<void> {
    const { id } = journal.attempt.command
    const withdrawing = new AbortController()
    this.#working.set(id, withdrawing)
    try {
      await drive(journal, this.#means, { ending: this.#ending, withdrawing: withdrawing.signal })
      this.#tell(journal.attempt)
      await this.#tidy(journal.attempt)
    } catch (error) {
      this.#means.log.error({ command: id, error }, 'attempt is in trouble, and goes on in a while')
      this.#inTrouble.add(id)
      setTimeout(() => this.#inTrouble.delete(id) && this.pump(), TROUBLE_PAUSE_MS).unref()
    } finally {
      this.#working.delete(id)
      this.pump()
    }
  }

  /** Says what a coordinator has to know of an attempt that waits for it. */
  #tell(attempt: Attempt, must = true): void {
    const action = next(attempt)
    const { id, service } = attempt.command
    if (action.do === 'deliver') this.#means.say({ kind: 'result', result: action.result }, must)
    if (action.do !== 'claim') return
    const installed = this.#means.records.installed().find((one) => one.service === service) ?? null
    this.#means.say({ kind: 'claim', id, installed }, must)
  }

  /** Nothing depends on it: what is not removed now is removed after the next success. */
  async #tidy({ command, before, result }: Attempt): Promise<void> {
    if (result?.verdict !== 'succeeded' || !result.changed) return
    const { records, releases, log } = this.#means
    const pinned = [records.get(command.service).installed, before?.installed ?? null].filter((one) => one !== null)
    await releases.prune(command.path, command.keepReleases, pinned).catch((error: unknown) => log.warn({ command: command.id, error }, 'old releases stay'))
  }

  #say(message: AgentMessage): void {
    this.#means.say(message, true)
  }
}

function wantsWork(attempt: Attempt): boolean {
  return !['claim', 'deliver', 'rest'].includes(next(attempt).do)
}

function untouched(id: CommandId): Pick<Result, 'id' | 'revert' | 'changed' | 'durationMs' | 'installed'> {
  return { id, revert: 'not-needed', changed: false, durationMs: 0, installed: null }
}
