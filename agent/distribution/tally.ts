/** Where the bytes of a fetch come from, as it goes on; and how fast it may be. */
import type { Transfer } from '../../shared/distribution/offer.ts'
import type { Pace } from '../../shared/swarm/pace.ts'
import type { Origin } from './driver.ts'

/** The rate is that of about the last second. */
const RATE_OVER_MS = 1000

export class Tally {
  readonly #paces: Pace[]
  readonly #bytes: Record<Origin, number> = { peer: 0, relay: 0, coordinator: 0 }
  readonly #onChange: (transfer: Transfer, doneBytes: number, totalBytes: number) => void
  #mayAskAtMs = 0
  #delta = false
  #reusedBytes = 0
  #totalBytes = 0
  #window: { sinceMs: number; bytes: number; bytesPerSecond: number }

  /** @param paces those that hold for this fetch; they may be shared with others */
  constructor(paces: Pace[], nowMs: number, onChange: (transfer: Transfer, doneBytes: number, totalBytes: number) => void) {
    this.#paces = paces
    this.#window = { sinceMs: nowMs, bytes: 0, bytesPerSecond: 0 }
    this.#onChange = onChange
  }

  /** What is to travel, of which so much is here already. */
  expects({ totalBytes, reusedBytes, delta }: { totalBytes: number; reusedBytes: number; delta: boolean }): void {
    this.#totalBytes = totalBytes
    this.#reusedBytes = reusedBytes
    this.#delta = delta
    this.#tell()
  }

  came(bytes: number, from: Origin, nowMs: number): void {
    this.#bytes[from] += bytes
    for (const pace of this.#paces) this.#mayAskAtMs = Math.max(this.#mayAskAtMs, nowMs + pace.take(bytes, nowMs))
    this.#window.bytes += bytes
    const pastMs = nowMs - this.#window.sinceMs
    if (pastMs >= RATE_OVER_MS) this.#window = { sinceMs: nowMs, bytes: 0, bytesPerSecond: Math.round((this.#window.bytes * 1000) / pastMs) }
    this.#tell()
  }

  /** In how many milliseconds more may be asked for. */
  mayAskInMs(nowMs: number): number {
    return Math.max(0, this.#mayAskAtMs - nowMs)
  }

  get transfer(): Transfer {
    const { peer, relay, coordinator } = this.#bytes
    return {
      fromPeersBytes: peer, fromRelayBytes: relay, fromOriginBytes: coordinator, reusedBytes: this.#reusedBytes, delta: this.#delta,
      bytesPerSecond: this.#window.bytesPerSecond,
    }
  }

  #tell(): void {
    const { fromPeersBytes, fromRelayBytes, fromOriginBytes, reusedBytes } = this.transfer
    const doneBytes = fromPeersBytes + fromRelayBytes + fromOriginBytes + reusedBytes
    this.#onChange(this.transfer, Math.min(doneBytes, this.#totalBytes), this.#totalBytes)
  }
}
