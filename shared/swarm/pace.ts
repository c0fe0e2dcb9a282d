/** A cap in bytes per second, as a token bucket: what may be sent, and how long to wait when it is more. */

/** So much may go out at once after a pause. */
const BURST_MS = 250

export class Pace {
  #bytesPerMs: number
  #balanceBytes: number
  #asOfMs: number

  /** @param bytesPerSecond Infinity: no cap */
  constructor(bytesPerSecond: number, nowMs: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#balanceBytes = this.#bytesPerMs * BURST_MS
    this.#asOfMs = nowMs
  }

  /** Takes the bytes at once and says for how many milliseconds whoever sends them waits before the next ones: 0 within the cap. */
  take(bytes: number, nowMs: number): number {
    if (this.#bytesPerMs === Infinity) return 0
    const earned = Math.max(0, nowMs - this.#asOfMs) * this.#bytesPerMs
    this.#balanceBytes = Math.min(this.#balanceBytes + earned, this.#bytesPerMs * BURST_MS) - bytes
    this.#asOfMs = Math.max(this.#asOfMs, nowMs)
    return this.#balanceBytes >= 0 ? 0 : Math.ceil(-this.#balanceBytes / this.#bytesPerMs)
  }
}
