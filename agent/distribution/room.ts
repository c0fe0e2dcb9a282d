/**
 * Room for pieces: what must stay is pinned, what is fetched is kept whatever that costs. When the budget cannot hold it all, what only makes the next update
 * smaller goes first; and a package that is larger than the budget is fetched all the same, and does not stay.
 */
import type { Logger } from 'pino'
import { decompress } from '../../shared/distribution/zstd.ts'
import { PACK_MAX_BYTES } from '../../shared/distribution/pack.ts'
import type { Piece } from '../../shared/distribution/piece.ts'
import { sha256 } from '../../shared/digest.ts'
import type { PieceFiles } from '../../shared/pieces/files.ts'
import type { HeldArtifacts } from './held.ts'
import { pinned, piecesOf } from './pins.ts'
import type { InUse } from './pins.ts'
import { PackLostError } from './stream.ts'

/** For 4 MiB, and what a pack may be compressed with. */
const WINDOW_LOG = 23
/** In this order they are given up when the budget is too small. */
const GIVEN_UP = ['previous', 'needed'] as const
/** The budget grows by so much at once for a package that does not fit. */
const GROWTH_BYTES = 64 * 1024 * 1024

export class Room {
  readonly #store: PieceFiles
  readonly #held: HeldArtifacts
  readonly #inUse: () => InUse
  readonly #log: Logger
  readonly #budgetBytes: number
  #given = new Set<string>()
  #fetches = 0

  constructor(store: PieceFiles, held: HeldArtifacts, inUse: () => InUse, log: Logger) {
    this.#store = store
    this.#held = held
    this.#inUse = inUse
    this.#log = log
    this.#budgetBytes = store.budgetBytes
  }

  has(digest: string): boolean {
    return this.#store.has(digest)
  }

  async read(digest: string): Promise<Buffer | null> {
    return await this.#store.read(digest)
  }

  /** The uncompressed bytes of a pack. */
  readonly readPack = async (digest: string): Promise<Buffer> => await this.#decompressed(digest, await this.#store.read(digest), PACK_MAX_BYTES)

  /** Likewise, of one that was read already. @param packed null: it is not here any more */
  async unpack(digest: string, packed: Buffer | null, sizeBytes: number): Promise<Buffer> {
    const bytes = await this.#decompressed(digest, packed, sizeBytes)
    if (bytes.length !== sizeBytes) throw new PackLostError(digest, `has ${bytes.length} bytes instead of ${sizeBytes}`)
    return bytes
  }

  async #decompressed(digest: string, packed: Buffer | null, maxBytes: number): Promise<Buffer> {
    if (packed === null) throw new PackLostError(digest, 'is not here any more')
    return await decompress(packed, { maxBytes, windowLog: WINDOW_LOG }).catch((error: unknown) => {
      throw new PackLostError(digest, `is damaged: ${(error as Error).message}`)
    })
  }

  /** Pins what services run and ran before, and what waits to be unpacked. */
  refresh(): void {
    const { needed, previous } = pinned(this.#held.all(), this.#inUse(), Date.now())
    this.#store.pin('needed', this.#given.has('needed') ? [] : piecesOf(needed))
    this.#store.pin('previous', this.#given.has('previous') ? [] : piecesOf(previous))
  }

  /** A fetch begins: its pieces stay until it is over. */
  begin(): void {
    this.#fetches += 1
    this.refresh()
  }

  pin(owner: string, digests: Iterable<string>): void {
    this.#store.pin(owner, digests)
  }

  /** The last fetch to end gives back what was taken beyond the budget, and drops what has lost its pieces. */
  async end(owner: string): Promise<void> {
    this.#store.unpin(owner)
    this.#fetches -= 1
    if (this.#fetches > 0) return
    this.#given = new Set()
    this.refresh()
    if (this.#store.budgetBytes !== this.#budgetBytes) await this.#shrink()
    await this.#held.dropWithout((digest) => this.#store.has(digest))
  }

  /** Resolves when it is on the disk. Rejects with ENOSPC when the disk has no room. */
  async keep(piece: Piece, bytes: Buffer): Promise<void> {
    for (;;) {
      const stored = await this.#store.store(piece, bytes)
      if (stored === 'stored') return
      if (stored === 'wrong') throw new Error(`what is to be kept is not ${piece.digest}`)
      if (!(await this.#giveUp(bytes.length))) throw Object.assign(new Error('no room is left for pieces'), { code: 'ENOSPC' })
    }
  }

  /** Keeps nothing but what is pinned. */
  async dropSpare(): Promise<void> {
    this.refresh()
    await this.#store.resize(0)
    await this.#store.resize(this.#budgetBytes)
    await this.#held.dropWithout((digest) => this.#store.has(digest))
  }

  /** Removes those that are not any more what they were. */
  async removeDamaged(digests: Iterable<string>): Promise<void> {
    for (const digest of digests) {
      const bytes = await this.#store.read(digest)
      if (bytes !== null && sha256(bytes) !== digest) await this.#store.remove(digest)
    }
  }

  /** False: it is the disk that is full. */
  async #giveUp(sizeBytes: number): Promise<boolean> {
    const next = GIVEN_UP.find((owner) => !this.#given.has(owner))
    if (next) {
      this.#given.add(next)
      this.#log.warn({ cacheBytes: this.#budgetBytes, given: next }, 'no room for all that should be held: the cache is too small, or the disk is full')
      this.refresh()
      return true
    }
    if (this.#store.usedBytes + sizeBytes <= this.#store.budgetBytes) return false
    await this.#store.resize(this.#store.usedBytes + sizeBytes + GROWTH_BYTES)
    return true
  }

  /** Of what does not fit nothing is pinned: half of a release is of no use. */
  async #shrink(): Promise<void> {
    for (const owner of ['nothing', ...GIVEN_UP]) {
      this.#given.add(owner)
      this.refresh()
      await this.#store.resize(this.#budgetBytes)
      if (this.#store.usedBytes <= this.#budgetBytes) break
    }
    this.#given = new Set()
  }
}
