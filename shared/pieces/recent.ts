/** The bytes of pieces that have come lately, so that whoever is given them costs no file. Owns that they take little memory, and none when nothing comes. */

const MAX_BYTES = 8 * 1024 * 1024
const KEPT_MS = 5_000

export class Recent {
  /** In the order in which they came. */
  readonly #pieces = new Map<string, { bytes: Buffer; sinceMs: number }>()
  #bytes = 0
  #isTimed = false

  get(digest: string): Buffer | null {
    return this.#pieces.get(digest)?.bytes ?? null
  }

  add(digest: string, bytes: Buffer): void {
    this.drop(digest)
    if (bytes.length > MAX_BYTES) return
    this.#pieces.set(digest, { bytes, sinceMs: performance.now() })
    this.#bytes += bytes.length
    for (const [oldest] of this.#pieces) {
      if (this.#bytes <= MAX_BYTES) break
      this.drop(oldest)
    }
    this.#time()
  }

  drop(digest: string): void {
    const piece = this.#pieces.get(digest)
    if (piece === undefined) return
    this.#pieces.delete(digest)
    this.#bytes -= piece.bytes.length
  }

  #time(): void {
    if (this.#isTimed || this.#pieces.size === 0) return
    this.#isTimed = true
    setTimeout(() => {
      this.#isTimed = false
      this.#forget()
      this.#time()
    }, KEPT_MS).unref()
  }

  #forget(): void {
    const now = performance.now()
    for (const [digest, { sinceMs }] of this.#pieces) {
      if (now - sinceMs < KEPT_MS) return
      this.drop(digest)
    }
  }
}
