/**
 * Where each piece of a swarm stands at one host: here, asked for, or open, which is neither, though its digest is known so that it could be verified. A
 * piece that is here is never open again.
 */
import { Bitmap } from './bitmap.ts'

export class Pieces {
  /** To be read only, both. */
  readonly have: Bitmap
  readonly open: Bitmap
  readonly #askable: Bitmap
  /** Requests under way for each piece. */
  readonly #asked: Uint8Array

  constructor(count: number, have: Bitmap) {
    this.have = have.copy()
    this.open = new Bitmap(count)
    this.#askable = new Bitmap(count)
    this.#asked = new Uint8Array(count)
  }

  knowDigest(index: number): void {
    this.#askable.set(index)
    this.#reopen(index)
  }

  arrived(index: number): void {
    this.have.set(index)
    this.open.clear(index)
  }

  ask(index: number): void {
    this.#asked[index]!++
    this.open.clear(index)
  }

  /** A request for it is over, one way or another. */
  release(index: number): void {
    this.#asked[index]!--
    this.#reopen(index)
  }

  /** How many requests for it are under way. */
  asked(index: number): number {
    return this.#asked[index] ?? 0
  }

  get missing(): number {
    return this.have.length - this.have.count
  }

  #reopen(index: number): void {
    if (this.#asked[index] === 0 && this.#askable.has(index) && !this.have.has(index)) this.open.set(index)
  }
}
