/**
 * Fetches pieces from other relays and coordinators. Owns whom to ask: the first in their order who is not known to be away, and never for long one who
 * sent what is not the piece. Who is busy is asked again; who is away, silent or lies is passed over for a while.
 */
import type { Logger } from 'pino'
import type { Source } from '../shared/distribution/offer.ts'
import { rest } from '../shared/machine/backoff.ts'
import { askPiece, askRoot, whereIs } from '../shared/pieces/ask.ts'
import type { PieceAnswer, RootAnswer } from '../shared/pieces/ask.ts'
import type { Dialer } from '../shared/pieces/tls.ts'
import type { Flight, Lost } from './flight.ts'
import type { Wanted } from './flights.ts'

export type UpstreamOptions = {
  dialer: Dialer
  /** In the order in which they are to be asked. */
  sources: () => readonly Source[]
  /** Grants for the pieces of a root, the one that is good for longest first. */
  grantsFor: (root: string) => readonly string[]
  onFetched: (bytes: number) => void
  log: Logger
}

type Standing = { failures: number; notBeforeMs: number }

/** Of one piece, over all upstreams. */
const MAX_TRIES = 24
const STALL_MS = 5000
const BACKOFF_BASE_MS = 250
const BACKOFF_CAP_MS = 15_000
/** Who sent what is not the piece. */
const LIAR_PAUSE_MS = 10 * 60_000
const LEAST_PAUSE_MS = 50

export class Upstreams {
  readonly #options: UpstreamOptions
  /** By URL. Times of this process's own clock. */
  readonly #standing = new Map<string, Standing>()

  constructor(options: UpstreamOptions) {
    this.#options = options
  }

  async bring(wanted: Wanted, flight: Flight, signal: AbortSignal): Promise<Buffer | Lost> {
    const without = new Set<string>()
    let isRefused = false
    /** `URL grant`: whoever has a wrong clock, or has not been told of a signer yet, refuses what others take. */
    const refused = new Set<string>()
    for (let tries = 0; tries < MAX_TRIES && !signal.aborted; tries++) {
      const source = this.#next(without)
      if (source === null) return without.size > 0 && !isRefused ? 'missing' : 'unavailable'
      const grant = this.#options.grantsFor(wanted.root).find((one) => !refused.has(`${source.url} ${one}`))
      if (grant === undefined) {
        isRefused = true
        without.add(source.url)
        continue
      }
      const answer = await this.#ask(source, wanted, flight, grant, signal)
      switch (answer.kind) {
        case 'piece':
        case 'root':
          this.#standing.delete(source.url)
          return answer.bytes
        case 'missing':
          without.add(source.url)
          break
        case 'refused':
          this.#options.log.warn({ upstream: source.url, reason: answer.message }, 'a grant is refused')
          refused.add(`${source.url} ${grant}`)
          break
        case 'busy':
          await rest(Math.max(answer.retryMs, LEAST_PAUSE_MS), signal)
          break
        case 'corrupt':
          this.#shun(source, LIAR_PAUSE_MS, 'it sends what is not the piece')
          if (flight.hasBegun) return 'unavailable'
          break
        case 'failed':
          if (signal.aborted) return 'unavailable'
          this.#shun(source, null, answer.message)
      }
      await this.#whileAllAreAway(without, signal)
    }
    return 'unavailable'
  }

  async #ask(source: Source, wanted: Wanted, flight: Flight, grant: string, ending: AbortSignal): Promise<PieceAnswer | RootAnswer> {
    const { dialer, onFetched } = this.#options
    const where = whereIs(source)
    const differs = new AbortController()
    flight.begin()
    const onBytes = (chunk: Buffer): void => {
      onFetched(chunk.length)
      if (!flight.add(chunk)) differs.abort()
    }
    const options = { grant, signal: AbortSignal.any([ending, differs.signal]), stallMs: STALL_MS, onBytes }
    const answer = wanted.index === null || wanted.sizeBytes === null
      ? await askRoot(dialer, where, wanted.digest, wanted.sizeBytes, options)
      : await askPiece(dialer, where, wanted.root, wanted.index, { digest: wanted.digest, sizeBytes: wanted.sizeBytes }, options)
    return differs.signal.aborted ? { kind: 'corrupt' } : answer
  }

  /** The first who may be asked; if none may, the one who may soonest. Null: all have said that they do not have it, or there is none. */
  #next(without: ReadonlySet<string>): Source | null {
    const left = this.#options.sources().filter(({ url }) => !without.has(url))
    const now = performance.now()
    return left.find(({ url }) => this.#notBeforeMs(url) <= now) ?? left.sort((a, b) => this.#notBeforeMs(a.url) - this.#notBeforeMs(b.url))[0] ?? null
  }

  async #whileAllAreAway(without: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const left = this.#options.sources().filter(({ url }) => !without.has(url))
    const soonestMs = Math.min(...left.map(({ url }) => this.#notBeforeMs(url))) - performance.now()
    if (left.length > 0 && soonestMs > 0) await rest(Math.min(soonestMs, BACKOFF_CAP_MS), signal)
  }

  #notBeforeMs(url: string): number {
    return this.#standing.get(url)?.notBeforeMs ?? 0
  }

  #shun({ url }: Source, forMs: number | null, reason: string): void {
    const failures = (this.#standing.get(url)?.failures ?? 0) + 1
    const pauseMs = forMs ?? Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** failures) * (1 + Math.random()) / 2
    this.#standing.set(url, { failures, notBeforeMs: performance.now() + pauseMs })
    if (failures === 1 || forMs !== null) this.#options.log.warn({ upstream: url, reason }, 'an upstream fails; others are asked meanwhile')
  }
}
