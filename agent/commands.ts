/**
 * All commands of this host, from acceptance to acknowledgement. Owns whose turn it is: of one lane strictly one after another, of all
 * so many at once, and a command whose slot was granted before any other.
 */
import { OUTPUT_PART_BYTES } from '../shared/command.ts'
import type { Result } from '../shared/command.ts'
import { parseCommandId } from '../shared/ids.ts'
import type { CommandId, HostName } from '../shared/ids.ts'
import type { AgentMessage, CoordinatorMessage, OpenCommand } from '../shared/message.ts'
import { commandIdIn } from '../shared/order.ts'
import type { Order, SignedOrder } from '../shared/order.ts'
import { refusedBy } from '../shared/policy.ts'
import type { Journal, Journals } from './adapters/journal.ts'
import { readPart } from './adapters/tail.ts'
import { refuse } from './deploy/acceptable.ts'
import type { Attempt } from './deploy/attempt.ts'
import { installationOf, movesRelease } from './deploy/installation.ts'
import { next } from './deploy/next.ts'
import { asksTheSame } from './deploy/same.ts'
import { isGivenUp, laneOf } from './deploy/turn.ts'
import { wishOf } from './deploy/wish.ts'
import { drive } from './drive.ts'
import type { Means } from './means.ts'
import type { OwnersPolicy } from './policy/policy-file.ts'
import { openOrder, untimely } from './orders.ts'
import { refuseRelease } from './release-check.ts'
import { outputFile, retellOutputs } from './scripts.ts'

/** Attempts that work at once, of deployments and again of scripts and command lines. One that waits for its slot does not work. */
export const MAX_WORKING = 4
/** Commands that nobody has acknowledged as finished; more are refused, and tried again by whoever sent them. */
export const MAX_OPEN = 256
const KILL_REASON_CHARS = 200
/** Pause before an attempt goes on whose journal or record could not be written. */
const TROUBLE_PAUSE_MS = 5000

export class Commands {
  readonly #journals: Journals
  readonly #means: Means
  readonly #host: HostName
  readonly #ending: AbortSignal
  readonly #working = new Map<CommandId, Work>()
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
    const lanes = new Set<string>()
    const ready = this.#unfinished().filter(({ attempt }) => {
      const lane = laneOf(attempt.command)
      const first = !lanes.has(lane)
      lanes.add(lane)
      const { id } = attempt.command
      return (first || isGivenUp(attempt)) && !this.#working.has(id) && !this.#inTrouble.has(id) && wantsWork(attempt)
    })
    const grantedFirst = ready.sort((a, b) => Number(b.attempt.granted) - Number(a.attempt.granted))
    for (const moving of [true, false]) {
      const free = MAX_WORKING - [...this.#working.values()].filter((work) => work.moving === moving).length
      const mine = grantedFirst.filter(({ attempt }) => movesRelease(attempt.command) === moving)
      for (const [index, journal] of mine.entries()) if (index < free || isGivenUp(journal.attempt)) void this.#work(journal)
    }
  }

  /** Resolves when the command is on the disk, or refused. One that is known is answered and not run again. */
  async receive(signed: SignedOrder): Promise<void> {
    const nowMs = Date.now()
    const opened = openOrder(signed, this.#means.signerKeys('orders', nowMs), this.#host, nowMs)
    if (opened.kind === 'refused') return this.#turnAway(commandIdIn(signed.order), opened.reason)
    const { order, order: { command } } = opened
    const { id } = command
    const known = this.#journals.get(id)
    if (known) {
      if (!asksTheSame(known.attempt.command, command)) return this.#reject(id, 'the host has had another command by this id; this one was not run')
      this.#say({ kind: 'accepted', id })
      const { acknowledged, result } = known.attempt
      // Whoever sends it again has forgotten how it ended, although a coordinator has said that it would not.
      if (acknowledged && result) this.#say({ kind: 'result', result })
      else this.#tell(known.attempt)
      return
    }
    const refusal = this.#refusal(order, nowMs, await this.#means.policy())
    if (refusal !== null) return this.#reject(id, refusal)
    try {
      await this.#journals.accept(order)
    } catch (error) {
      return this.#reject(id, `the command cannot be journalled: ${(error as Error).message}`)
    }
    this.#say({ kind: 'accepted', id })
    this.pump()
  }

  #refusal(order: Order, nowMs: number, owners: OwnersPolicy | null): string | null {
    const isFull = this.open().length >= MAX_OPEN
    const { signerKeys } = this.#means
    const why = untimely(order, nowMs, this.#journals.forgottenMs) ?? refuse(order.command, this.#host)
      ?? (owners && refusedBy(owners.policy, wishOf(order.command, this.#means.context.labels)))
      ?? refuseRelease(order.command, { coordinator: signerKeys('releases', nowMs), owner: owners?.keys ?? new Map() })
    return why ?? (isFull ? `this host has ${MAX_OPEN} commands open already` : null)
  }

  /** What is no order for this host ends nothing here: the command that it names may be another's, or one that this host is at work on. */
  #turnAway(id: CommandId, reason: string): void {
    const isMine = parseCommandId(id)?.host === this.#host && !this.#journals.get(id)
    if (isMine) return this.#reject(id, reason)
    this.#means.log.error({ command: id, reason }, 'what has come is no order for this host')
  }

  /** Answers a command that this host will not even begin. Nothing is remembered of it: if it comes again, it is judged again. */
  #reject(id: CommandId, message: string): void {
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
    const tooLate = ({ granted, withdrawn, result, steps }: Attempt): boolean => granted || withdrawn || result !== null || steps.run !== undefined
    await journal.append({ kind: 'withdrawn' }, tooLate)
    if (journal.attempt.withdrawn) this.#working.get(id)?.withdrawing.abort()
    this.#tell(journal.attempt)
    this.pump()
  }

  /** Ends what the command is doing. Resolves when that is on the disk. Nothing is done about one that has ended or is not known, nor a second time. */
  async kill(id: CommandId, reason: string): Promise<void> {
    const journal = this.#journals.get(id)
    await journal?.append({ kind: 'killed', reason: reason.slice(0, KILL_REASON_CHARS) }, ({ killed, result }) => killed !== null || result !== null)
    if (journal && journal.attempt.killed !== null) this.#working.get(id)?.killing.abort(journal.attempt.killed)
    this.pump()
  }

  /** A part of the full output of a step's last run. */
  async readOutput({ ask, id, step, offset, limitBytes }: Extract<CoordinatorMessage, { kind: 'read-output' }>): Promise<void> {
    const journal = this.#journals.get(id)
    const file = journal && step && outputFile(journal, step)
    const part = file ? await readPart(file, offset, Math.min(limitBytes, OUTPUT_PART_BYTES)) : null
    this.#say({ kind: 'output-part', part: { ask, bytes: part?.bytes ?? Buffer.alloc(0), totalBytes: part?.totalBytes ?? 0, found: part !== null } })
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
    const [withdrawing, killing] = [new AbortController(), new AbortController()]
    if (journal.attempt.killed !== null) killing.abort(journal.attempt.killed)
    this.#working.set(id, { withdrawing, killing, moving: movesRelease(journal.attempt.command) })
    try {
      await drive(journal, this.#means, { ending: this.#ending, withdrawing: withdrawing.signal, killing: killing.signal })
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
    this.#means.say({ kind: 'claim', id, installed: this.#means.audits.of(service) }, must)
  }

  /** Nothing depends on it: what is not removed now is removed after the next success. */
  async #tidy({ command, before, result }: Attempt): Promise<void> {
    if (!result?.changed || !movesRelease(command)) return
    const { records, releases, audits, log } = this.#means
    void audits.inspect(command.service)
    if (result.verdict !== 'succeeded') return
    const others = this.#unfinished().map(({ attempt }) => attempt.command).filter(({ service }) => service === command.service)
    const used = [records.get(command.service).installed, before?.installed ?? null, ...others.map(installationOf)]
    const pinned = used.filter((one) => one !== null)
    await releases.prune(command.path, command.keepReleases, pinned).catch((error: unknown) => log.warn({ command: command.id, error }, 'old releases stay'))
  }

  #say(message: AgentMessage): void {
    this.#means.say(message, true)
  }
}

type Work = { withdrawing: AbortController; killing: AbortController; moving: boolean }

function wantsWork(attempt: Attempt): boolean {
  return !['claim', 'deliver', 'rest'].includes(next(attempt).do)
}

function untouched(id: CommandId): Pick<Result, 'id' | 'revert' | 'changed' | 'durationMs' | 'installed'> {
  return { id, revert: 'not-needed', changed: false, durationMs: 0, installed: null }
}
