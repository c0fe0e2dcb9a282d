/**
 * One piece on its way to here, and everybody who reads it meanwhile. Owns that its last byte is given out only once the whole is verified: whoever is
 * sent something wrong sees a connection that broke, and never a piece that is another. Readers come and go; the flight knows nothing of them.
 */

/** `missing`: nobody has it. `unavailable`: nobody could be asked, or what came was not it. */
export type Lost = 'missing' | 'unavailable'

export class FlightLost extends Error {}

export class Flight {
  readonly digest: string
  readonly #sizeBytes: number | null
  #bytes: Buffer = Buffer.alloc(0)
  /** How far readers may read before it has landed: a former upstream may have come further than the present one. */
  #shown = 0
  #received = 0
  #end: 'landed' | Lost | null = null
  #waiting: (() => void)[] = []

  /** @param sizeBytes null: not known, and then nothing is shown before it has landed */
  constructor(digest: string, sizeBytes: number | null) {
    this.digest = digest
    this.#sizeBytes = sizeBytes
  }

  get end(): 'landed' | Lost | null {
    return this.#end
  }

  /** An upstream begins, or another one begins anew. */
  begin(): void {
    this.#received = 0
    // not before: what lies here already comes as a whole, in memory of its own
    if (this.#bytes.length === 0) this.#bytes = Buffer.allocUnsafe(this.#sizeBytes ?? 0)
  }

  /** What comes from the upstream, not verified. False: it differs from what another one has sent, which readers have already. */
  add(chunk: Buffer): boolean {
    const at = this.#received
    if (this.#end !== null || at + chunk.length > this.#bytes.length) return this.#end === null
    const again = Math.min(chunk.length, Math.max(0, this.#shown - at))
    if (again > 0 && this.#bytes.compare(chunk, 0, again, at, at + again) !== 0) return false
    chunk.copy(this.#bytes, at + again, again)
    this.#received = at + chunk.length
    this.#shown = Math.max(this.#shown, Math.min(this.#received, this.#bytes.length - 1))
    this.#wake()
    return true
  }

  /** Verified, and whole. */
  land(bytes: Buffer): void {
    this.#end ??= 'landed'
    this.#bytes = bytes
    this.#shown = bytes.length
    this.#wake()
  }

  lose(why: Lost): void {
    this.#end ??= why
    this.#wake()
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }

  get hasBegun(): boolean {
    return this.#shown > 0
  }

  /** Resolves when its first byte is here or it is lost, or `signal` is aborted. */
  async begun(signal: AbortSignal): Promise<boolean> {
    while (!this.hasBegun && this.#end === null && !signal.aborted) await this.#changed(signal)
    return this.hasBegun
  }

  /** Resolves when it has landed (the bytes) or is lost (null), or `signal` is aborted (null). */
  async landed(signal: AbortSignal): Promise<Buffer | null> {
    while (this.#end === null && !signal.aborted) await this.#changed(signal)
    return this.#end === 'landed' ? this.#bytes : null
  }

  /** All of it, as it comes. @throws FlightLost when it does not come; the signal's reason when that is aborted */
  async *read(signal: AbortSignal): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.#shown || this.#end === null;) {
      signal.throwIfAborted()
      if (at < this.#shown) {
        const stretch = this.#bytes.subarray(at, this.#shown)
        at = this.#shown
        yield stretch
      } else await this.#changed(signal)
    }
    if (this.#end !== 'landed') throw new FlightLost(`${this.digest} did not arrive`)
  }

  async #changed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.push(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
