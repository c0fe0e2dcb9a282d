/**
 * Every piece that is on its way to here, once. Owns the single flight: however many want a piece it is brought once, and goes on being brought whoever of
 * them gives up, until it has landed or nobody has it.
 */
import type { Logger } from 'pino'
import type { Stored } from '../shared/pieces/files.ts'
import { Flight } from './flight.ts'
import type { Lost } from './flight.ts'

/** A piece and how it is asked for: `index` null is the root itself, whose size may be unknown. */
export type Wanted = { root: string; index: number | null; digest: string; sizeBytes: number | null }

/** Where pieces lie that are here. */
export type Shelf = {
  has(digest: string): boolean
  /** Null: it is not here. */
  read(digest: string): Promise<Buffer | null>
  store(digest: string, bytes: Buffer): Promise<Stored>
}

/** Fetches from elsewhere; `flight` is told of bytes as they come. */
export type Bring = (wanted: Wanted, flight: Flight, signal: AbortSignal) => Promise<Buffer | Lost>

/** From elsewhere at once. */
const MAX_BROUGHT = 12

export class Flights {
  readonly #shelf: Shelf
  readonly #bring: Bring | null
  readonly #log: Logger
  readonly #ending: AbortSignal
  readonly #flights = new Map<string, Flight>()
  readonly #brought = new Set<string>()
  readonly #underWay = new Set<Promise<void>>()
  #isFull = false
  #heardAtMs = -Infinity

  /** @param bring null: what is not here is nowhere */
  constructor(shelf: Shelf, bring: Bring | null, log: Logger, ending: AbortSignal) {
    this.#shelf = shelf
    this.#bring = bring
    this.#log = log
    this.#ending = ending
  }

  /** Here, whole. */
  has(digest: string): boolean {
    return this.#shelf.has(digest)
  }

  /** On its way, and its first bytes are here. */
  isArriving(digest: string): boolean {
    return this.#flights.get(digest)?.hasBegun === true
  }

  /** The last piece did not find room on the shelf. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** A byte has come from elsewhere. */
  heard(): void {
    this.#heardAtMs = performance.now()
  }

  /** For how long none has. */
  get quietMs(): number {
    return performance.now() - this.#heardAtMs
  }

  /** Joins the flight of the piece or begins it; null: too many are under way to begin another. */
  get(wanted: Wanted): Flight | null {
    const known = this.#flights.get(wanted.digest)
    if (known !== undefined) return known
    const isHere = this.#shelf.has(wanted.digest)
    if (!isHere && this.#brought.size >= MAX_BROUGHT) return null
    const flight = new Flight(wanted.digest, wanted.sizeBytes)
    this.#flights.set(wanted.digest, flight)
    if (!isHere) this.#brought.add(wanted.digest)
    const over = this.#fly(wanted, flight).catch((error: unknown) => {
      this.#log.error({ err: error, piece: wanted.digest }, 'a piece cannot be kept or read')
      flight.lose('unavailable')
    }).finally(() => {
      this.#flights.delete(wanted.digest)
      this.#brought.delete(wanted.digest)
      this.#underWay.delete(over)
    })
    this.#underWay.add(over)
    return flight
  }

  /** Resolves when nothing is under way any more, and what has come is on the shelf. */
  async over(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #fly(wanted: Wanted, flight: Flight): Promise<void> {
    const here = await this.#shelf.read(wanted.digest)
    if (here !== null) return flight.land(here)
    const brought = this.#bring === null ? 'missing' : await this.#bring(wanted, flight, this.#ending)
    if (typeof brought === 'string') return flight.lose(brought)
    flight.land(brought)
    // whoever asks next finds it on the shelf: only then the flight is over
    const stored = await this.#shelf.store(wanted.digest, brought)
    if (stored === 'full' && !this.#isFull) this.#log.warn('there is no room for pieces: they are passed on and not kept')
    this.#isFull = stored === 'full'
  }
}
