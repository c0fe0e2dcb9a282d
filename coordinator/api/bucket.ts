/** A token bucket (https://en.wikipedia.org/wiki/Token_bucket): what may be had at once, and what comes back every second. */

export type Rate = { perSecond: number; atOnce: number }

export class Bucket {
  readonly #rate: Rate
  #left: number
  #atMs: number

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate
    this.#left = rate.atOnce
    this.#atMs = nowMs
  }

  isFull(nowMs: number): boolean {
    return this.#leftAt(nowMs) === this.#rate.atOnce
  }

  has(amount: number, nowMs: number): boolean {
    return this.#leftAt(nowMs) >= amount
  }

  /** Draws, also what is not there; it owes no more than it can hold. @returns how long until the debt is paid, in ms; 0: there is none */
  draw(amount: number, nowMs: number): number {
    const { perSecond, atOnce } = this.#rate
    this.#left = Math.max(-atOnce, this.#leftAt(nowMs) - amount)
    this.#atMs = nowMs
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / perSecond) * 1000)
  }

  #leftAt(nowMs: number): number {
    const passedS = Math.max(0, nowMs - this.#atMs) / 1000
    return Math.min(this.#rate.atOnce, this.#left + passedS * this.#rate.perSecond)
  }
}
