/** The latest value of something that has to be heard first; whoever needs it earlier waits. */
export class Latest<Value> {
  #value: Value | null = null
  #arrived = Promise.withResolvers<Value>()

  set(value: Value): void {
    this.#value = value
    this.#arrived.resolve(value)
  }

  /** Rejects when `signal` is aborted before there is a value. */
  async get(signal: AbortSignal): Promise<Value> {
    if (this.#value !== null) return this.#value
    signal.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const onAbort = (): void => aborted.reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([this.#arrived.promise, aborted.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
