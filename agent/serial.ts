/** Work on the same thing, one after another. Owns that whoever gives up while others are at it is told so at once, and that they are left alone. */
export class Serial {
  /** What was begun or waits, by what it is about; never rejects. */
  readonly #underWay = new Map<string, Promise<unknown>>()

  /** Rejects as the work does, or, before its turn has come, when `signal` is aborted. */
  async run(about: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const before = this.#underWay.get(about) ?? Promise.resolve()
    const mine = this.#after(before, signal, work)
    const all = Promise.allSettled([before, mine])
    this.#underWay.set(about, all)
    void all.then(() => this.#underWay.get(about) === all && this.#underWay.delete(about))
    await mine
  }

  async #after(before: Promise<unknown>, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const givenUp = Promise.withResolvers<void>()
    const giveUp = (): void => givenUp.resolve()
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      signal.throwIfAborted()
      await Promise.race([before, givenUp.promise])
      signal.throwIfAborted()
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
    await work()
  }
}
