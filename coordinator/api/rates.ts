/**
 * How often each of many may come: a bucket for each of them. Owns that remembering them is bounded: whoever has not come for long has a full bucket
 * again, and need not be remembered.
 */
import { Bucket } from './bucket.ts'
import type { Rate } from './bucket.ts'

/** Beyond it whoever came the longest ago is forgotten, and begins anew. */
export const MAX_REMEMBERED = 20_000

export class Rates {
  readonly #rate: Rate
  readonly #clock: () => number
  /** Whoever came the longest ago is first. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(rate: Rate, clock: () => number) {
    this.#rate = rate
    this.#clock = clock
  }

  get remembered(): number {
    return this.#buckets.size
  }

  /** Takes one time, if `who` has one left. */
  take(who: string): boolean {
    const nowMs = this.#clock()
    const bucket = this.#bucketOf(who, nowMs)
    if (!bucket.has(1, nowMs)) return false
    bucket.draw(1, nowMs)
    return true
  }

  /** What `who` did counts for more. */
  charge(who: string, times: number): void {
    const nowMs = this.#clock()
    this.#bucketOf(who, nowMs).draw(times, nowMs)
  }

  #bucketOf(who: string, nowMs: number): Bucket {
    const bucket = this.#buckets.get(who) ?? new Bucket(this.#rate, nowMs)
    this.#buckets.delete(who)
    this.#buckets.set(who, bucket)
    for (const [other, its] of this.#buckets) {
      if (this.#buckets.size <= MAX_REMEMBERED && !its.isFull(nowMs)) break
      if (other !== who) this.#buckets.delete(other)
    }
    return bucket
  }
}
