/**
 * One swarm, as this host is part of it: which pieces there are, which of them are here, and who else is in it. What is here is served while it is
 * fetched and for a while after; what is here has been verified.
 */
import type { Piece } from '../../shared/distribution/piece.ts'
import type { Neighbour } from '../../shared/distribution/protocol.ts'
import { formatAddress } from '../../shared/address.ts'
import { rest } from '../../shared/machine/backoff.ts'
import type { Where } from '../../shared/pieces/exchange.ts'
import { Bitmap } from '../../shared/swarm/bitmap.ts'
import { Download } from '../../shared/swarm/download.ts'
import { Bell } from './bell.ts'
import type { Numbered } from './numbered.ts'

/** News are told together that come within so many milliseconds: a message for each piece would cost more than the pieces. */
const NEWS_BATCH_MS = { least: 150, most: 800 }
/** … and wait the longer the more is known already: who knows of many can wait to hear of another one. */
const NEWS_WAIT_MS_A_PIECE = 8

/** `isHere`: whether a piece has been here before. `onKnown`: digests of more pieces are known, which are going to be here. */
export type SwarmOptions = { root: string; pieces: Numbered; isHere: (piece: Piece) => boolean; onKnown: (swarm: Swarm) => void }

export class Swarm {
  /** The digest of the root. */
  readonly root: string
  readonly pieces: Numbered
  readonly download: Download
  /** Rung when anything has changed that may be a reason to ask for pieces. */
  readonly bell = new Bell()
  /** Rung when there are other neighbours. */
  readonly meetings = new Bell()
  /** Rung when more is here. */
  readonly #growth = new Bell()
  readonly #isHere: (piece: Piece) => boolean
  readonly #onKnown: (swarm: Swarm) => void
  #neighbours = new Map<string, Neighbour>()
  /** Of pieces that were here before. */
  reusedBytes = 0
  #encoded: { count: number; text: string } = { count: -1, text: '' }

  constructor({ root, pieces, isHere, onKnown }: SwarmOptions) {
    this.root = root
    this.pieces = pieces
    this.#isHere = isHere
    this.#onKnown = onKnown
    this.download = new Download({ count: pieces.count, have: new Bitmap(pieces.count) })
    this.learnt(pieces.known())
  }

  /** The digests of these are known now. Some may have been here before. */
  learnt(indexes: readonly number[]): void {
    for (const index of indexes) {
      const piece = this.pieces.at(index)!
      if (!this.#isHere(piece)) continue
      this.download.has(index)
      this.reusedBytes += piece.sizeBytes
    }
    this.download.askable(indexes)
    this.#onKnown(this)
    this.grew()
  }

  /** What is here, as it is told. */
  get have(): string {
    const { have } = this.download
    if (this.#encoded.count !== have.count) this.#encoded = { count: have.count, text: have.encode() }
    return this.#encoded.text
  }

  /** The piece of that number, if it is here. */
  held(index: number): Piece | null {
    return this.download.have.has(index) ? this.pieces.at(index) : null
  }

  get neighbours(): ReadonlyMap<string, Neighbour> {
    return this.#neighbours
  }

  meet(neighbours: readonly Neighbour[]): void {
    this.#neighbours = new Map(neighbours.map((neighbour) => [neighbour.host, neighbour]))
    this.download.neighbours([...this.#neighbours.keys()])
    this.meetings.ring()
    this.bell.ring()
  }

  /** A neighbour has said what it has. Of others it says nothing that could be used. */
  heard(host: string, have: string | null): void {
    if (have === null || !this.#neighbours.has(host)) return
    this.download.peerHas(host, Bitmap.decode(have, this.pieces.count))
    this.bell.ring()
  }

  /** More pieces are here. */
  grew(): void {
    this.#growth.ring()
    this.bell.ring()
  }

  get #newsBatchMs(): number {
    const { least, most } = NEWS_BATCH_MS
    return Math.min(Math.max(least, this.download.have.count * NEWS_WAIT_MS_A_PIECE), most)
  }

  /** What is here, and again when that has become more, the first of it at once; null each `beatMs` without news. */
  async *news(beatMs: number, signal: AbortSignal): AsyncGenerator<string | null> {
    for (let told = -1; !signal.aborted;) {
      const { count } = this.download.have
      yield count > told ? this.have : null
      if (told > 0 && count > told && !this.download.isDone) await rest(this.#newsBatchMs, signal)
      told = count
      if (this.download.have.count === told) await this.#growth.next(beatMs, signal)
    }
  }
}

export function whereIsNeighbour({ host, address, port }: Neighbour): Where {
  return { url: `https://${formatAddress({ host: address, port })}`, expected: { role: 'agent', host } }
}
