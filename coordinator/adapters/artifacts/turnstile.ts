/** Lets so many in at once; a bounded number waits, first come first served. */
import { problem } from '../../../shared/errors.ts'

export class Turnstile {
  readonly #atMost: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor(atMost: number, maxWaiting: number) {
    this.#atMost = atMost
    this.#maxWaiting = maxWaiting
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#maxWaiting
  }

  /** @throws MusterError unavailable when too many wait */
  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#atMost) {
      if (this.isFull) throw problem('unavailable', 'too much is waiting to be worked on already; try again later')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#inside++
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#inside--
      else next()
    }
  }
}
