/**
 * How much one agent may say: a token bucket over frames and one over bytes (https://en.wikipedia.org/wiki/Token_bucket). Whoever says more is heard
 * later, not less: what it sends waits at its own end, so a flood costs the others nothing and loses nothing.
 */

/** An agent at work says a few dozen frames in a second; one that returns says at once what it kept for days. */
export const FRAMES_PER_SECOND = 200
export const FRAMES_AT_ONCE = 2000
export const BYTES_PER_SECOND = 4 * 1024 * 1024
export const BYTES_AT_ONCE = 16 * 1024 * 1024

type Bucket = { perSecond: number; atOnce: number; left: number }

export type Limits = { framesPerSecond: number; framesAtOnce: number; bytesPerSecond: number; bytesAtOnce: number }

export const AGENT_LIMITS: Limits = {
  framesPerSecond: FRAMES_PER_SECOND, framesAtOnce: FRAMES_AT_ONCE, bytesPerSecond: BYTES_PER_SECOND, bytesAtOnce: BYTES_AT_ONCE,
}

export class Allowance {
  readonly #frames: Bucket
  readonly #bytes: Bucket
  #atMs: number

  constructor(limits: Limits, nowMs: number) {
    this.#frames = { perSecond: limits.framesPerSecond, atOnce: limits.framesAtOnce, left: limits.framesAtOnce }
    this.#bytes = { perSecond: limits.bytesPerSecond, atOnce: limits.bytesAtOnce, left: limits.bytesAtOnce }
    this.#atMs = nowMs
  }

  /** Takes a frame in. @returns how long to wait before the next one, in ms; 0: none */
  take(sizeBytes: number, nowMs: number): number {
    const passedS = Math.max(0, nowMs - this.#atMs) / 1000
    this.#atMs = nowMs
    return Math.max(draw(this.#frames, 1, passedS), draw(this.#bytes, sizeBytes, passedS))
  }
}

/** A bucket may be overdrawn by one frame: its debt is what has to be waited for. */
function draw(bucket: Bucket, amount: number, passedS: number): number {
  bucket.left = Math.min(bucket.atOnce, bucket.left + passedS * bucket.perSecond) - amount
  return bucket.left >= 0 ? 0 : Math.ceil((-bucket.left / bucket.perSecond) * 1000)
}
