/** Runs something one at a time. Calls that come before a run has begun share it; one that comes later gets a run of its own. */
export class OneAtATime<T> {
  readonly #run: () => Promise<T>
  /** The run that has not begun yet. */
  #next: Promise<T> | null = null
  /** Resolves when all runs so far are over, however they ended. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(run: () => Promise<T>) {
    this.#run = run
  }

  /** A run that begins after this call. Rejects as that run does; whoever does not care may ignore it. */
  again(): Promise<T> {
    if (this.#next !== null) return this.#next
    const next = this.#last.then(() => {
      this.#next = null
      return this.#run()
    })
    this.#next = next
    this.#last = next.catch(() => {})
    return next
  }
}
