/**
 * One root's pieces at a relay: what there are, which are here, which was given out least, who is in the swarm, and whose grants open them. Owns that a
 * number means the piece that the root says, and nothing before the root and its pages are here.
 */
import type { ArtifactGrant } from '../shared/artifact-grant.ts'
import { LITTLE_BYTES } from '../shared/distribution/protocol.ts'
import type { Announcement, AnnouncementAnswer } from '../shared/distribution/protocol.ts'
import type { Piece } from '../shared/distribution/piece.ts'
import { Bitmap } from '../shared/swarm/bitmap.ts'
import { LeastSent } from '../shared/swarm/least-sent.ts'
import { Tracker } from '../shared/swarm/tracker.ts'
import { readRoot, withPages } from './contents.ts'
import type { Flight } from './flight.ts'
import type { Flights, Wanted } from './flights.ts'

/** Whose grant the relay shows to its upstreams; more are of no use. */
const MAX_GRANTS = 8
/** While more keeps coming in, each piece goes out once; after so long without a byte, as often as it is wanted. */
const FILLING_MS = 1500

/** Known once the root is here; `pieces` has null for those that its pages have not told yet; until then `totalBytes` is null. */
type Told = { pieces: (Piece | null)[]; pages: number; totalBytes: number | null; leastSent: LeastSent; tracker: Tracker; ungiven: Bitmap }

export class Swarm {
  readonly root: string
  readonly #flights: Flights
  readonly #ending: AbortSignal
  #told: Told | null = null
  #learning: Promise<void> | null = null
  /** By their texts: until when they are good. */
  readonly #grants = new Map<string, number>()
  /** Whoever wanted something last; this process's own clock. */
  usedAtMs = performance.now()
  /** The relay fetches all of it by itself. */
  isPulled = false
  /** All pieces are known: they are to be kept, and fetched. */
  onWhole: (pieces: readonly Piece[]) => void = () => undefined

  constructor(root: string, flights: Flights, ending: AbortSignal) {
    this.root = root
    this.#flights = flights
    this.#ending = ending
  }

  /** Somebody who may fetch these pieces has asked for something. */
  used(grant: ArtifactGrant, text: string): void {
    this.usedAtMs = performance.now()
    this.#grants.set(text, grant.expiresAtMs)
    if (this.#grants.size > MAX_GRANTS) this.#grants.delete(this.#bestGrants().at(-1)!)
  }

  /** The one that is good for longest first. @param nowMs since the epoch */
  grants(nowMs: number): string[] {
    return this.#bestGrants().filter((text) => this.#grants.get(text)! > nowMs)
  }

  /** Null: not before the root is here. */
  get count(): number | null {
    return this.#told?.pieces.length ?? null
  }

  get hosts(): number {
    return this.#told?.tracker.size ?? 0
  }

  /** While it learns it is not: what it then knows would be pinned for nobody. */
  isDeserted(idleMs: number): boolean {
    if (this.#learning !== null) return false
    const now = performance.now()
    return now - this.usedAtMs > idleMs && (this.#told?.tracker.isEmpty(now) ?? true)
  }

  /** Resolves when it knows all its pieces, or that cannot be now. Several callers share the work, and none of them ends it. */
  learn(): Promise<void> {
    if (this.#told !== null && this.#told.totalBytes !== null) return Promise.resolve()
    this.#learning ??= this.#learn().finally(() => {
      this.#learning = null
    })
    return this.#learning
  }

  wantedRoot(): Wanted {
    return { root: this.root, index: null, digest: this.root, sizeBytes: null }
  }

  /** Null: there is no such piece, or which it is is not known yet. */
  wanted(index: number): Wanted | null {
    const piece = this.#told?.pieces[index] ?? null
    return piece && { root: this.root, index, ...piece }
  }

  /** Whether it is so few bytes that nobody should wait for it: it only tells which pieces there are, or there is not more. */
  isLittle(index: number): boolean {
    if (this.#told === null) return false
    const { totalBytes, pages } = this.#told
    return index < pages || (totalBytes !== null && totalBytes <= LITTLE_BYTES)
  }

  /** Those of these that come first: before the pages are there, nobody knows what else to verify. */
  first(wanted: Bitmap): Bitmap {
    const pages = [...wanted.indexes()].filter((index) => index < (this.#told?.pages ?? 0))
    return pages.length > 0 ? Bitmap.of(this.#told!.pieces.length, pages) : wanted
  }

  /** @returns null before the root is here */
  announce(host: string, address: string, dc: string, { port, rack, have, starving }: Announcement): AnnouncementAnswer | null {
    if (this.#told === null) return null
    const count = this.#told.pieces.length
    const who = { host, address, port, rack, dc, starving, have: Bitmap.decode(have, count).count }
    return this.#told.tracker.announce(who, performance.now(), Math.random)
  }

  /** The piece to give to whoever wants any of these; it counts as given. Null: none now, ask again. */
  choose(wanted: Bitmap): Wanted | null {
    if (this.#told === null) return null
    const { leastSent, ungiven, pieces } = this.#told
    const obtainable = Bitmap.of(pieces.length, this.#obtainable(wanted))
    const fresh = Bitmap.of(pieces.length, [...obtainable.indexes()].filter((index) => ungiven.has(index)))
    let index = leastSent.choose(wanted, fresh, Math.random)
    if (index === null && this.#isFilling()) return null
    index ??= leastSent.choose(wanted, obtainable, Math.random) ?? leastSent.choose(wanted, wanted, Math.random)
    if (index === null) return null
    ungiven.clear(index)
    return this.wanted(index)
  }

  gave(index: number): void {
    this.#told?.leastSent.gave(index)
    this.#told?.ungiven.clear(index)
  }

  takenBack(index: number): void {
    this.#told?.leastSent.takenBack(index)
    this.#told?.ungiven.set(index)
  }

  /** All that are neither here nor on their way. */
  *absent(): IterableIterator<Wanted> {
    for (let index = 0; index < (this.count ?? 0); index++) {
      const wanted = this.wanted(index)
      if (wanted !== null && !this.#flights.has(wanted.digest) && !this.#flights.isArriving(wanted.digest)) yield wanted
    }
  }

  #isFilling(): boolean {
    return this.isPulled && this.#flights.quietMs < FILLING_MS && !this.#flights.isFull
  }

  *#obtainable(wanted: Bitmap): IterableIterator<number> {
    for (const index of wanted.indexes()) {
      const piece = this.#told?.pieces[index]
      if (piece && (this.#flights.has(piece.digest) || this.#flights.isArriving(piece.digest))) yield index
    }
  }

  #bestGrants(): string[] {
    return [...this.#grants].sort(([, a], [, b]) => b - a).map(([text]) => text)
  }

  async #learn(): Promise<void> {
    const root = await this.#landed(this.#flights.get(this.wantedRoot()))
    if (root === null) return
    const { known, count, manifest } = await readRoot(root)
    if (this.#told === null) {
      const pieces = [...known, ...Array<null>(count - known.length).fill(null)]
      const pages = manifest === null ? 0 : known.length
      const [leastSent, tracker, ungiven] = [new LeastSent(count), new Tracker(count), Bitmap.full(count)]
      this.#told = { pieces, pages, totalBytes: null, leastSent, tracker, ungiven }
    }
    if (manifest !== null) {
      const pages: Buffer[] = []
      for (const index of known.keys()) {
        const page = await this.#landed(this.#flights.get(this.wanted(index)!))
        if (page === null) return
        pages.push(page)
      }
      this.#told.pieces = await withPages(manifest, pages)
    }
    const whole = this.#told.pieces as Piece[]
    this.#told.totalBytes = whole.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    this.onWhole(whole)
  }

  async #landed(flight: Flight | null): Promise<Buffer | null> {
    return flight === null ? null : await flight.landed(this.#ending)
  }
}
