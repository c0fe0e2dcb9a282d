/** Wakes one waiter. A ring while nobody waits is kept for the next wait. */
export class Bell {
  #hasRung = false
  #wake: () => void = () => undefined

  ring(): void {
    this.#hasRung = true
    this.#wake()
  }

  /** Resolves at the next ring, after `timeoutMs`, or when `signal` aborts. */
  async rung(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasRung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      const timer = setTimeout(wake, timeoutMs)
      signal.addEventListener('abort', wake)
      this.#wake = wake
      await promise
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
    }
    this.#hasRung = false
  }
}
