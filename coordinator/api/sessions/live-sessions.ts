/**
 * The sessions that this coordinator holds, one per host. Owns the one timer that they share: each looks into its mailbox from time to
 * time, so that a ring that was lost costs seconds and nothing else.
 */
import type { Logger } from 'pino'
import type { MusterError } from '../../../shared/errors.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { HostAnswer, Question } from '../../engine/ports/asks.ts'
import type { Session } from './session.ts'
import { connectedAgain } from './status.ts'

/** How often a session looks into its mailbox unasked, give or take half of it. */
export const LOOK_EVERY_MS = 15_000
/** Looks begin in ticks of this length. */
export const TICKS_PER_LOOK = 60

export class LiveSessions {
  readonly #byHost = new Map<HostName, Session>()
  readonly #lookEveryMs: number
  readonly #clock: () => number
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout

  constructor({ lookEveryMs, clock, log }: { lookEveryMs: number; clock: () => number; log: Logger }) {
    this.#lookEveryMs = lookEveryMs
    this.#clock = clock
    this.#log = log
    this.#timer = setInterval(() => this.#tick(), lookEveryMs / TICKS_PER_LOOK)
  }

  /** Of two sessions of a host the later one stays, whichever was added first. */
  add(session: Session): void {
    const other = this.#byHost.get(session.host)
    if (other && other.epoch > session.epoch) return session.end(connectedAgain(session.host))
    session.lookAtMs = this.#nextLookAtMs()
    this.#byHost.set(session.host, session)
    other?.end(connectedAgain(session.host))
  }

  remove(session: Session): void {
    if (this.#byHost.get(session.host) === session) this.#byHost.delete(session.host)
  }

  /** The host's mailbox is worth a look. */
  ring(host: HostName): void {
    const session = this.#byHost.get(host)
    if (session) this.#look(session)
  }

  /** Null: the host has no session here, or does not answer in it. */
  async ask(host: HostName, question: Question, signal: AbortSignal): Promise<HostAnswer | null> {
    return this.#byHost.get(host)?.ask(question, signal) ?? null
  }

  /** All hosts come again, and say what they are at. */
  endAll(reason: MusterError): void {
    for (const session of this.#byHost.values()) session.end(reason)
  }

  /** Nobody looks unasked any more. */
  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const now = this.#clock()
    for (const session of this.#byHost.values()) {
      session.endIfStuck()
      if (session.lookAtMs > now) continue
      session.lookAtMs = this.#nextLookAtMs()
      this.#look(session)
    }
  }

  #look(session: Session): void {
    session.look().catch((error: unknown) => {
      this.#log.debug({ err: error, host: session.host }, 'a look into a mailbox failed; there will be others')
    })
  }

  #nextLookAtMs(): number {
    return this.#clock() + this.#lookEveryMs * (0.5 + Math.random())
  }
}
