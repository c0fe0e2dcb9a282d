/** Something has changed: wakes all who wait, and is forgotten. Whoever waits looks at what he waits for by himself. */
export class Bell {
  readonly #waiting = new Set<() => void>()
  /** Those that ring it when they are aborted: the same one is waited with again and again. */
  readonly #signals = new WeakSet<AbortSignal>()

  ring(): void {
    for (const wake of this.#waiting) wake()
  }

  /** Resolves at the next ring, after so many milliseconds (null: never), or when `signal` is aborted. */
  next(ms: number | null, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    if (!this.#signals.has(signal)) {
      this.#signals.add(signal)
      signal.addEventListener('abort', () => this.ring(), { once: true })
    }
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = ms === null ? undefined : setTimeout(wake, Math.max(0, ms))
      this.#waiting.add(wake)
    })
  }
}
