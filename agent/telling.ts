/** Tells a coordinator how far a command's fetches are, all packages together: often enough to watch, and no more often. */
import type { Transfer } from '../shared/distribution/offer.ts'
import type { CommandId } from '../shared/ids.ts'
import type { Say } from './means.ts'

const EVERY_MS = 1000

type Fetched = { transfer: Transfer; doneBytes: number; totalBytes: number }

export class Telling {
  readonly #id: CommandId
  readonly #say: Say
  /** By the package. */
  readonly #fetched = new Map<string, Fetched>()
  /** Packages of which nothing is known yet: what is said of the others alone would look like all of it. */
  readonly #unknown = new Set<string>()
  #saidAtMs = -Infinity

  constructor(id: CommandId, say: Say) {
    this.#id = id
    this.#say = say
  }

  of(digest: string): (transfer: Transfer, doneBytes: number, totalBytes: number) => void {
    this.#unknown.add(digest)
    return (transfer, doneBytes, totalBytes) => {
      this.#unknown.delete(digest)
      this.#fetched.set(digest, { transfer, doneBytes, totalBytes })
      const nowMs = performance.now()
      if (nowMs - this.#saidAtMs < EVERY_MS || this.#unknown.size > 0) return
      this.#saidAtMs = nowMs
      this.#tell(false)
    }
  }

  /** It was here already, or is now. */
  over(digest: string): void {
    this.#unknown.delete(digest)
  }

  /** What it amounts to in the end. Nothing, when nothing had to be fetched. */
  finish(): void {
    if (this.#fetched.size > 0) this.#tell(true)
  }

  #tell(must: boolean): void {
    const all = [...this.#fetched.values()]
    const sum = (of: (fetched: Fetched) => number): number => all.reduce((total, fetched) => total + of(fetched), 0)
    const transfer: Transfer = {
      fromPeersBytes: sum((one) => one.transfer.fromPeersBytes),
      fromRelayBytes: sum((one) => one.transfer.fromRelayBytes),
      fromOriginBytes: sum((one) => one.transfer.fromOriginBytes),
      reusedBytes: sum((one) => one.transfer.reusedBytes),
      delta: all.some((one) => one.transfer.delta),
      bytesPerSecond: sum((one) => one.doneBytes < one.totalBytes ? one.transfer.bytesPerSecond : 0),
    }
    const progress = { id: this.#id, step: 'fetch' as const, bytesDone: sum((one) => one.doneBytes), bytesTotal: sum((one) => one.totalBytes), transfer }
    this.#say({ kind: 'progress', progress }, must)
  }
}
