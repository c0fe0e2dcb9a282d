/**
 * How many requests are under way at once: so many that the downlink is never idle, and no more, since what waits longer on the way is passed on later.
 * That is the product of rate and delay, as BBR takes it (Cardwell et al. 2016): the greatest rate and the least delay that were seen lately.
 */

/** Twice the product: while one half is on its way, the other is being asked for. */
const GAIN = 2
/** Fewer, and uplinks idle by chance; more, and each answer takes so long that it is passed on too late (measured: 4 costs 10 %, 10 costs 5 %). */
const MIN_REQUESTS = 6
const BUCKET_MS = 250
/** Rates of the last two seconds, delays of the last ten count. */
const RATE_BUCKETS = 8
const DELAY_BUCKETS = 40
/** Before the first piece has come. */
const ASSUMED_PIECE_BYTES = 1024 * 1024

export class Window {
  readonly #maxRequests: number
  readonly #maxBytes: number
  readonly #bytes = new Float64Array(RATE_BUCKETS)
  readonly #delayMs = new Float64Array(DELAY_BUCKETS).fill(Infinity)
  #bucket = 0
  #pieceBytes = 0
  #size: number

  constructor(maxRequests: number, maxBytes: number) {
    this.#maxRequests = maxRequests
    this.#maxBytes = maxBytes
    this.#size = this.#measured()
  }

  /** In requests. */
  get size(): number {
    return this.#size
  }

  received(bytes: number, nowMs: number): void {
    this.#turn(nowMs)
    this.#bytes[this.#bucket % RATE_BUCKETS]! += bytes
  }

  /** A whole piece, and how long after it was asked for. */
  arrived(bytes: number, tookMs: number, nowMs: number): void {
    this.#turn(nowMs)
    const at = this.#bucket % DELAY_BUCKETS
    this.#delayMs[at] = Math.min(this.#delayMs[at]!, tookMs)
    this.#pieceBytes += (bytes - this.#pieceBytes) * (this.#pieceBytes === 0 ? 1 : 0.1)
  }

  get bytesPerSecond(): number {
    return (this.#bytes.reduce((sum, bytes) => sum + bytes, 0) / (RATE_BUCKETS * BUCKET_MS)) * 1000
  }

  /** Buckets that time has passed over are emptied; with each, what is known is looked at anew. */
  #turn(nowMs: number): void {
    const now = Math.floor(nowMs / BUCKET_MS)
    if (now <= this.#bucket) return
    this.#size = this.#measured()
    this.#bucket = Math.max(this.#bucket, now - DELAY_BUCKETS)
    while (this.#bucket < now) {
      this.#bucket++
      this.#bytes[this.#bucket % RATE_BUCKETS] = 0
      this.#delayMs[this.#bucket % DELAY_BUCKETS] = Infinity
    }
  }

  #measured(): number {
    const bytesPerMs = this.#bytes.reduce((most, bytes) => Math.max(most, bytes), 0) / BUCKET_MS
    const delayMs = this.#delayMs.reduce((least, ms) => Math.min(least, ms), Infinity)
    const wanted = delayMs === Infinity ? 0 : Math.ceil((GAIN * bytesPerMs * delayMs) / this.#pieceBytes)
    const affordable = Math.max(2, Math.floor(this.#maxBytes / (this.#pieceBytes || ASSUMED_PIECE_BYTES)))
    return Math.min(Math.max(wanted, MIN_REQUESTS), this.#maxRequests, affordable)
  }
}
