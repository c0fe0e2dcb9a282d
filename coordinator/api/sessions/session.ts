/**
 * One host's session. Owns that what an agent reports is durable before it is acknowledged, that a grant reaches only the session
 * for which it was given, and that everything in the host's mailbox reaches the host, whatever was lost on the way.
 */
import type { Installed, Result, Step } from '../../../shared/command.ts'
import { MusterError, problem } from '../../../shared/errors.ts'
import { commandId, parseCommandId, serviceOf } from '../../../shared/ids.ts'
import type { CommandId, CommandParts, HostName } from '../../../shared/ids.ts'
import type { AgentMessage, CoordinatorMessage, Inspected, OpenCommand, Output, Progress, Trust } from '../../../shared/message.ts'
import { OneAtATime } from '../../../shared/one-at-a-time.ts'
import type { HostAnswer, Question } from '../../engine/ports/asks.ts'
import type { Holder } from '../../engine/ports/keys.ts'
import type { HistoryEntry } from '../../engine/ports/history.ts'
import type { InstalledSince } from '../../engine/ports/hosts.ts'
import type { AgentReports } from '../../engine/ports/reports.ts'
import type { MailboxView, OpenMail } from '../../engine/ports/sessions.ts'
import { deliver, holdingsOf } from './delivery.ts'
import type { Held, Holdings } from './delivery.ts'
import { leaveToFetch } from './leave.ts'
import type { LeavePorts } from './leave.ts'
import { endOfOutput } from './keeping.ts'
import { OpenAsks } from './open-asks.ts'
import { resultEvent } from './result-event.ts'
import { failureOf, neverRan, NO_ORDER } from './no-order.ts'
import { Presence } from './presence.ts'
import type { PresencePorts } from './presence.ts'
import { connectedAgain, problemOf, sessionRefused } from './status.ts'
import { stepEvent } from './step-event.ts'
import type { AgentStream } from './stream.ts'
import { Watching } from './watching.ts'
import type { WatchingPorts } from './watching.ts'

/** An agent that has not taken what was sent for this long has its session ended. */
export const SEND_WITHIN_MS = 30_000
/** Commands for which a host is told at once what it may fetch; further ones wait, and with them whatever else it says. */
export const MAX_LEAVES_AT_ONCE = 16

export type SessionPorts = PresencePorts & LeavePorts & WatchingPorts & {
  mailbox: OpenMail
  reports: AgentReports
  /** Whom agents are to trust from now on. */
  trust: () => Trust
}

type Beginning = Pick<Session, 'host' | 'epoch' | 'shown' | 'dc'> & { stream: AgentStream; open: readonly OpenCommand[]; installed: readonly InstalledSince[] }

export class Session {
  readonly host: HostName
  readonly epoch: number
  readonly shown: Holder
  /** The datacenter that it is in; '' for none. */
  readonly dc: string
  /** When it looks into its mailbox unasked. */
  lookAtMs = 0
  readonly #stream: AgentStream
  readonly #ports: SessionPorts
  readonly #looks = new OneAtATime(() => this.#lookOnce())
  #held: Holdings
  /** As the host said in its greeting. */
  readonly #claimed: readonly CommandId[]
  readonly #watching: Watching
  readonly #asks = new OpenAsks()
  readonly #presence: Presence
  /** By command: what it may fetch is being found. */
  readonly #leaves = new Map<CommandId, Promise<void>>()
  #unreadable: ReadonlySet<CommandId> = new Set()

  constructor({ host, epoch, stream, shown, dc, open, installed }: Beginning, ports: SessionPorts) {
    this.host = host
    this.epoch = epoch
    this.shown = shown
    this.dc = dc
    this.#stream = stream
    this.#ports = ports
    this.#watching = new Watching(ports, epoch)
    this.#held = holdingsOf(open)
    this.#claimed = open.filter(({ claimed }) => claimed).map(({ id }) => id)
    this.#presence = new Presence({ host, epoch, installed }, ports)
  }

  /** Greets the agent, gives it what lies in its mailbox, and tells the rollouts that wait for it. @throws what a port throws */
  async begin(welcome: { heartbeatMs: number }): Promise<void> {
    await this.#send({ kind: 'welcome', epoch: this.epoch, ...welcome, trust: this.#ports.trust() })
    const { mail } = await this.look()
    await this.#reportForgotten(mail)
    await this.#ports.reports.hostConnected(this.host)
  }

  /**
   * Takes in one message, and resolves when the next one may come.
   * @throws MusterError session_refused, and what a port throws: what the agent said is not acknowledged then, so it will say it again
   */
  async take(message: AgentMessage): Promise<void> {
    switch (message.kind) {
      case 'hello':
        throw sessionRefused('a session has one greeting, and this is the second', { expected: 'a new stream' })
      case 'heartbeat':
        return this.#presence.heartbeat(message.heartbeat)
      case 'accepted':
        return
      case 'grants-wanted':
        return this.#onGrantsWanted(message.id, message.bases)
      case 'claim':
        return this.#onClaim(message.id, message.installed)
      case 'progress':
        return this.#onProgress(message.progress)
      case 'output':
        return this.#onOutput(message.output)
      case 'result':
        return this.#onResult(message.result)
      case 'output-part':
        return this.#asks.answer(message.part.ask, { kind: 'read-output', ...message.part })
      case 'inspected':
        return this.#onInspected(message.inspected)
      default:
        return message satisfies never
    }
  }

  /** Looks into the mailbox and tells the host what is new. @throws what the port throws */
  look(): Promise<MailboxView> {
    return this.#looks.again()
  }

  /** For the host's history; nothing fails with it. */
  note(entries: readonly HistoryEntry[]): Promise<void> {
    return this.#presence.note(entries)
  }

  /** Null: the host does not answer in this session, or not before `signal` aborts. */
  ask(question: Question, signal: AbortSignal): Promise<HostAnswer | null> {
    return this.#asks.ask(question, (message) => this.#send(message), signal)
  }

  /** Its stream has ended: nothing more will be heard. */
  leave(): void {
    this.#asks.close()
  }

  /** Before the welcome nobody heeds it, and the welcome says the same. */
  tell(trust: Trust): void {
    void this.#send({ kind: 'trust', trust })
  }

  /** Ends it for a reason: a refusal is told in words, a failure as a status. */
  end(reason: unknown): void {
    if (reason instanceof MusterError && reason.kind === 'refused') this.#stream.refuse(this.host, reason.problem)
    else this.#stream.end(problemOf(reason))
  }

  endIfStuck(): void {
    if (this.#stream.waitedMs() > SEND_WITHIN_MS) this.end(problem('unavailable', 'the agent does not read what it is sent'))
  }

  async #lookOnce(): Promise<MailboxView> {
    const view = await this.#ports.mailbox.look(this.host)
    if (view.epoch !== this.epoch) {
      this.end(view.epoch > this.epoch ? connectedAgain(this.host) : problem('unavailable', 'the record of this session is lost'))
      return view
    }
    await this.#reportUnreadable(view.unreadable)
    const { held, messages } = deliver(this.#held, view, this.epoch)
    this.#held = held
    for (const message of messages) await this.#send(message)
    return view
  }

  /** A slot that the host has without a grant in its mailbox: the attempt is over, or Redis has forgotten how it came to be, and its rollout has to know. */
  async #reportForgotten(mail: MailboxView['mail']): Promise<void> {
    for (const id of this.#claimed) {
      const parts = parseCommandId(id)
      if (parts?.lane !== 'task' || parts.host !== this.host || (mail.get(id)?.grantedEpoch ?? null) !== null) continue
      const { rollout, host, attempt } = parts
      await this.#ports.reports.report(rollout, { type: 'SlotHeld', host, attempt, installed: this.#presence.runs(serviceOf(rollout)) })
    }
  }

  /** Whoever waits for the command has to know that this host will never get it: an earlier version put it there, or somebody by hand. */
  async #reportUnreadable(ids: readonly CommandId[]): Promise<void> {
    for (const id of ids.filter((one) => !this.#unreadable.has(one) && neverRan(parseCommandId(one), this.#held.get(one)))) {
      this.#ports.log.error({ command: id, host: this.host }, NO_ORDER)
      const failed = failureOf(id, this.host)
      if (failed) await this.#ports.reports.report(failed.rollout, failed.event)
    }
    this.#unreadable = new Set(ids)
  }

  /** Answered beside what else the host says: the store may take its time, and a heartbeat behind it would come too late. */
  async #onGrantsWanted(id: CommandId, bases: readonly string[]): Promise<void> {
    if (this.#leaves.has(id)) return
    if (this.#leaves.size >= MAX_LEAVES_AT_ONCE) await Promise.race(this.#leaves.values())
    this.#leaves.set(id, this.#giveLeave(id, bases).finally(() => this.#leaves.delete(id)))
  }

  /** Only for an order that a coordinator has signed and that lies in this very host's mailbox; an agent that hears nothing asks again. Never rejects. */
  async #giveLeave(id: CommandId, bases: readonly string[]): Promise<void> {
    const { host, dc } = this
    const { log } = this.#ports
    try {
      const order = (await this.look()).mail.get(id)?.order
      const leave = await leaveToFetch(this.#ports, { host, dc, id, bases, order })
      if (leave !== null) return await this.#send(leave)
      log.warn({ command: id, host }, 'a host asks for packages of a command that is not in its mailbox, and gets no leave')
    } catch (error) {
      log.warn({ err: error, command: id, host }, 'a host asks for packages, and what it may fetch cannot be said at the moment')
    }
  }

  /** The look answers a claim whose command is gone or granted already, and one of a session that is no longer the host's. */
  async #onClaim(id: CommandId, installed: Installed | null): Promise<void> {
    this.#held = new Map(this.#held).set(id, { ...(this.#held.get(id) ?? { step: null, isKilled: false }), state: 'open' })
    const { mail, epoch } = await this.look()
    const mailed = mail.get(id)
    const parts = parseCommandId(id)
    if (epoch !== this.epoch || !mailed || parts?.lane !== 'task' || mailed.grantedEpoch === epoch) return
    const before = { revision: installed?.revision ?? null, version: installed?.version ?? null }
    const { rollout, attempt, host } = parts
    await this.#ports.reports.report(rollout, { type: 'ClaimRequested', host, attempt, epoch: this.epoch, installed: before })
  }

  async #onProgress(progress: Progress): Promise<void> {
    const { id, step } = progress
    const parts = this.#ownHeld(id)
    if (!parts || step === null) return
    const event = step === this.#held.get(id)?.step ? null : stepEvent(parts, step)
    if (event) await this.#ports.reports.report(parts.rollout, event)
    this.#note(id, { step })
    if (step === 'fetch') this.#watching.progress(parts, progress)
  }

  async #onOutput(output: Output): Promise<void> {
    const parts = this.#ownHeld(output.id)
    if (parts) await this.#watching.output(parts, output)
  }

  /** Whoever asked sees it in the registry as well. */
  async #onInspected({ ask, service, findings }: Inspected): Promise<void> {
    await this.#presence.inspected({ service, findings })
    this.#asks.answer(ask, { kind: 'inspect', findings })
  }

  /** A result that nobody can use any more is acknowledged as well: the agent has done its part. */
  async #onResult(result: Result): Promise<void> {
    const { id } = result
    const parts = parseCommandId(id)
    if (parts?.host === this.host) {
      // Before the rollout hears of it: whoever sees that it has ended also sees what its hosts run.
      if (result.installed !== null || result.changed) await this.#presence.changed(serviceOf(parts.rollout), result.installed)
      const event = resultEvent(parts, result)
      if (event) await this.#ports.reports.report(parts.rollout, event)
    }
    this.#note(id, { state: 'over' })
    await this.#send({ kind: 'result-ack', id })
    // Not waited for: its answers come as further frames.
    if (parts?.host === this.host && result.step !== null && result.verdict !== 'succeeded') void this.#keepOutput(parts, result.step)
  }

  async #keepOutput(parts: CommandParts, step: Step): Promise<void> {
    const { outputs, log } = this.#ports
    const { rollout, host, lane, attempt } = parts
    if (lane === 'prefetch') return
    try {
      if (!(await outputs.keepsMore(rollout))) return
      const end = await endOfOutput(this, commandId(parts), step)
      if (end !== null && end.length > 0) await outputs.keep(rollout, host, { attempt, step }, end)
    } catch (error) {
      log.debug({ err: error, host }, 'the output of a failed step could not be kept')
    }
  }

  /** Null unless the host holds the command: what else it says of outputs and steps is about nothing. */
  #ownHeld(id: CommandId): CommandParts | null {
    const parts = this.#held.has(id) ? parseCommandId(id) : null
    return parts?.host === this.host ? parts : null
  }

  #note(id: CommandId, change: Partial<Held>): void {
    const held = this.#held.get(id)
    if (held) this.#held = new Map(this.#held).set(id, { ...held, ...change })
  }

  #send(message: CoordinatorMessage): Promise<void> {
    return this.#stream.send(this.host, message)
  }
}
