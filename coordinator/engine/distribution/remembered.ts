/**
 * Answers that are the same for everybody, asked for once: whoever asks while one is on its way, or is fresh, gets that one. Owns that a failure is
 * remembered by nobody, and that what is asked for is bounded.
 */

/** `clock`: milliseconds that are never set back. `atMost`: keys that are remembered; beyond it the one that was asked for first is forgotten. */
type Options = { forMs: number; atMost: number; clock?: () => number }

type Entry<T> = { answer: Promise<T>; untilMs: number }

export class Remembered<T> {
  readonly #ask: (key: string) => Promise<T>
  readonly #options: Options
  readonly #entries = new Map<string, Entry<T>>()

  constructor(ask: (key: string) => Promise<T>, options: Options) {
    this.#ask = ask
    this.#options = options
  }

  /** @throws what the question throws, to all who have waited for it */
  get(key: string): Promise<T> {
    const known = this.#entries.get(key)
    if (known !== undefined && this.#now() < known.untilMs) return known.answer
    const entry: Entry<T> = { answer: this.#ask(key), untilMs: Infinity }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    this.#forgetOldest()
    entry.answer.then(() => (entry.untilMs = this.#now() + this.#options.forMs), () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    return entry.answer
  }

  #forgetOldest(): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#options.atMost && oldest !== undefined) this.#entries.delete(oldest)
  }

  #now(): number {
    return (this.#options.clock ?? (() => performance.now()))()
  }
}
