/**
 * Which hosts of a datacenter may ask the relay itself: a small number, so that thousands do not storm it. The right lasts until the next announcement is
 * due; then it goes on to somebody who starves, or after a while to anybody, so that no slow or lying host keeps it.
 */

/** So long a right lasts without being renewed: those who may ask announce themselves every half second. */
const LEASE_MS = 2_000
/** After this it goes on to whoever announces himself next. */
const TERM_MS = 10_000

type Right = { sinceMs: number; untilMs: number }

export class Askers {
  readonly #most: number
  readonly #rights = new Map<string, Right>()
  /** When somebody who starves was last refused. */
  #starvingSinceMs = -Infinity

  constructor(most: number) {
    this.#most = most
  }

  mayAsk(host: string, starving: boolean, nowMs: number): boolean {
    for (const [other, { untilMs }] of this.#rights) if (untilMs < nowMs) this.#rights.delete(other)
    const own = this.#rights.get(host)
    if (own !== undefined && this.#mustYield(own, starving, nowMs)) {
      this.#rights.delete(host)
      return false
    }
    if (own === undefined && this.#rights.size >= this.#most) {
      if (starving) this.#starvingSinceMs = nowMs
      return false
    }
    this.#rights.set(host, { sinceMs: own?.sinceMs ?? nowMs, untilMs: nowMs + LEASE_MS })
    return true
  }

  leave(host: string): void {
    this.#rights.delete(host)
  }

  get size(): number {
    return this.#rights.size
  }

  #mustYield(own: Right, starving: boolean, nowMs: number): boolean {
    const othersStarve = nowMs - this.#starvingSinceMs < LEASE_MS
    if (this.#rights.size < this.#most) return false
    if (othersStarve && !starving) {
      this.#starvingSinceMs = -Infinity
      return true
    }
    return nowMs - own.sinceMs > TERM_MS
  }
}
