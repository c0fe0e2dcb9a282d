/**
 * Which of the relays and coordinators is asked for what. Every host orders them in the same way for the same swarm or piece (rendezvous hashing), so
 * that those of one swarm meet at one tracker, and each piece crosses into the datacenter through one relay. One that fails for a while is passed over.
 */
import type { Source } from '../../shared/distribution/offer.ts'
import type { Relay } from '../../shared/swarm/request.ts'
import { inOrder } from '../../shared/pieces/rendezvous.ts'
import { Bitmap } from '../../shared/swarm/bitmap.ts'
import type { Numbered } from './numbered.ts'

/** Failing for less is what a relay does that is started again. */
const GONE_AFTER_MS = 3000
/** Then it is tried again so much later. */
const GONE_FOR_MS = 10_000

const urlOf = ({ url }: Source): string => url

export class Sources {
  readonly #sources: readonly Source[]
  /** By URL: since when one fails, and when it last did. */
  readonly #failing = new Map<string, { sinceMs: number; lastMs: number }>()
  /** By URL: those that have sent bytes that are not those of a piece. */
  readonly #wrong = new Set<string>()

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  /** The order in which they are asked about a swarm. Those that are gone come last. */
  order(root: string, nowMs: number): Source[] {
    const ofKind = (kind: Source['kind']): Source[] => inOrder(this.#sources.filter((source) => source.kind === kind), urlOf, root)
    const all = [...ofKind('relay'), ...ofKind('coordinator')]
    return [...all.filter(({ url }) => !this.#isGone(url, nowMs)), ...all.filter(({ url }) => this.#isGone(url, nowMs))]
  }

  byUrl(url: string): Source | null {
    return this.#sources.find((source) => source.url === url) ?? null
  }

  /** Who is asked for bytes: all relays that answer, each for its share of the pieces; without one, a coordinator. */
  relays(root: string, pieces: Numbered, nowMs: number): Relay[] {
    const isRight = ({ url }: Source): boolean => !this.#wrong.has(url)
    const first = this.order(root, nowMs).find(isRight)
    if (!first) return []
    const sharing = this.#sources.filter((source) => source.kind === 'relay' && isRight(source) && !this.#isGone(source.url, nowMs))
    if (first.kind === 'coordinator' || sharing.length < 2) return [{ name: first.url, serves: null }]
    const shares = new Map(sharing.map(({ url }) => [url, new Bitmap(pieces.count)]))
    for (const index of pieces.known()) shares.get(inOrder(sharing, urlOf, pieces.at(index)!.digest)[0]!.url)!.set(index)
    return [...shares].map(([name, serves]) => ({ name, serves }))
  }

  failed(url: string, nowMs: number): void {
    const { sinceMs } = this.#failing.get(url) ?? { sinceMs: nowMs }
    this.#failing.set(url, { sinceMs, lastMs: nowMs })
  }

  /** It gives no more bytes to this fetch. Who shares the swarm it may still say. */
  lied(url: string): void {
    this.#wrong.add(url)
  }

  answered(url: string): void {
    this.#failing.delete(url)
  }

  #isGone(url: string, nowMs: number): boolean {
    const failing = this.#failing.get(url)
    return failing !== undefined && failing.lastMs - failing.sinceMs >= GONE_AFTER_MS && nowMs - failing.lastMs < GONE_FOR_MS
  }
}
