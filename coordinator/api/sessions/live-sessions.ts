/**
 * The sessions that this coordinator holds, one per host. Owns the one timer that they share: each looks into its mailbox from time to
 * time, so that a ring that was lost costs seconds and nothing else; and that a certificate which lets nobody in any more keeps nobody in.
 */
import type { Logger } from 'pino'
import type { MusterError } from '../../../shared/errors.ts'
import { pinOfCertificate } from '../../../shared/identity/pin.ts'
import type { Pin } from '../../../shared/identity/pin.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { Trust } from '../../../shared/message.ts'
import type { HostAnswer, Question } from '../../engine/ports/asks.ts'
import type { Session } from './session.ts'
import { connectedAgain, outlived } from './status.ts'

/** How often a session looks into its mailbox unasked, give or take half of it. */
export const LOOK_EVERY_MS = 15_000
/** Looks begin in ticks of this length. */
export const TICKS_PER_LOOK = 60

type Options = { trust: Trust; lookEveryMs: number; clock: () => number; log: Logger }

export class LiveSessions {
  readonly #byHost = new Map<HostName, Session>()
  readonly #lookEveryMs: number
  readonly #clock: () => number
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #trusted: ReadonlySet<Pin>

  constructor({ trust, lookEveryMs, clock, log }: Options) {
    this.#trusted = pinsOf(trust)
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
    this.#endIfOutlived(session)
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

  /** All hosts hear of it; those whose certificates are of an authority that is trusted no longer come again with others, if they have some. */
  trust(trust: Trust): void {
    this.#trusted = pinsOf(trust)
    for (const session of this.#byHost.values()) {
      session.tell(trust)
      this.#endIfOutlived(session)
    }
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
      this.#endIfOutlived(session)
      if (session.lookAtMs > now) continue
      session.lookAtMs = this.#nextLookAtMs()
      this.#look(session)
    }
  }

  #endIfOutlived(session: Session): void {
    const { issuerPin, expiresAtMs } = session.shown
    if (this.#clock() >= expiresAtMs || !this.#trusted.has(issuerPin)) session.end(outlived(session.host))
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

function pinsOf({ authorities }: Trust): Set<Pin> {
  return new Set(authorities.map(pinOfCertificate))
}
