/** Places under a limit over all rollouts of the service: at most so many of its hosts down at once. Others come and go as they like. */
import type { HostName } from '../../shared/ids.ts'

/** `room`: how many may be down. Each of the others takes a place, if there is one, after so long, and gives it back. */
export type Limit = { room: number; others: { afterMs: number; forMs: number }[] }

export class Places {
  readonly taken = new Set<HostName>()
  #others = 0
  readonly #room: number

  /** Null: there is no limit. */
  constructor(limit: Limit | null) {
    this.#room = limit?.room ?? Infinity
  }

  reserve(hosts: readonly HostName[], atMost: number): { reserved: HostName[]; limit: string | null } {
    const reserved: HostName[] = []
    for (const host of hosts) {
      if (reserved.length === atMost) break
      if (!this.taken.has(host) && this.#isFull) continue
      this.taken.add(host)
      reserved.push(host)
    }
    return { reserved, limit: 'the limit allows no more' }
  }

  free(host: HostName): void {
    this.taken.delete(host)
  }

  /** Somebody else's host goes down. @returns what brings it up again; null: there was no place */
  takeForOther(): (() => void) | null {
    if (this.#isFull) return null
    this.#others++
    return () => this.#others--
  }

  get #isFull(): boolean {
    return this.taken.size + this.#others >= this.#room
  }
}
