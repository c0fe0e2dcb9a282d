/**
 * How much one agent may say, in frames and in bytes. Whoever says more is heard later, not less: what it sends waits at its own end, so a flood costs
 * the others nothing and loses nothing.
 */
import { Bucket } from '../bucket.ts'

/** An agent at work says a few dozen frames in a second; one that returns says at once what it kept for days. */
export const FRAMES_PER_SECOND = 200
export const FRAMES_AT_ONCE = 2000
/** Parts of outputs that people read come at this pace. */
export const BYTES_PER_SECOND = 4 * 1024 * 1024
export const BYTES_AT_ONCE = 16 * 1024 * 1024

export type Limits = { framesPerSecond: number; framesAtOnce: number; bytesPerSecond: number; bytesAtOnce: number }

export const AGENT_LIMITS: Limits = {
  framesPerSecond: FRAMES_PER_SECOND, framesAtOnce: FRAMES_AT_ONCE, bytesPerSecond: BYTES_PER_SECOND, bytesAtOnce: BYTES_AT_ONCE,
}

/** What came without a rest that would have made up for it. */
export type Burst = { sinceMs: number; frames: number; sizeBytes: number }

export class Allowance {
  readonly #frames: Bucket
  readonly #bytes: Bucket
  #burst: Burst

  constructor(limits: Limits, nowMs: number) {
    this.#frames = new Bucket({ perSecond: limits.framesPerSecond, atOnce: limits.framesAtOnce }, nowMs)
    this.#bytes = new Bucket({ perSecond: limits.bytesPerSecond, atOnce: limits.bytesAtOnce }, nowMs)
    this.#burst = { sinceMs: nowMs, frames: 0, sizeBytes: 0 }
  }

  get burst(): Burst {
    return this.#burst
  }

  /** Takes a frame in. @returns how long to wait before the next one, in ms; 0: not at all */
  take(sizeBytes: number, nowMs: number): number {
    const isRested = this.#frames.isFull(nowMs) && this.#bytes.isFull(nowMs)
    const { sinceMs, frames, sizeBytes: before } = isRested ? { sinceMs: nowMs, frames: 0, sizeBytes: 0 } : this.#burst
    this.#burst = { sinceMs, frames: frames + 1, sizeBytes: before + sizeBytes }
    return Math.max(this.#frames.draw(1, nowMs), this.#bytes.draw(sizeBytes, nowMs))
  }
}
