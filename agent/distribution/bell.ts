/** Something has changed: wakes all who wait, and is forgotten. Whoever waits looks at what he waits for by himself. */
export class Bell {
  readonly #waiting = new Set<() => void>()

  ring(): void {
    for (const wake of this.#waiting) wake()
  }

  /** Resolves at the next ring, after so many milliseconds (null: never), or when `signal` is aborted. */
  next(ms: number | null, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = ms === null ? undefined : setTimeout(wake, Math.max(0, ms))
      signal.addEventListener('abort', wake, { once: true })
      this.#waiting.add(wake)
    })
  }
}
