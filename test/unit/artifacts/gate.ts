/**
 * Decides the order in which several lives do what they do to something that they share. Each waits at the gate before every such deed; once all that have not
 * ended wait there, or for a turn that another one has, one of them is drawn to go on. What they do for themselves in between takes no part in it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Exclusively } from '../../../coordinator/adapters/artifacts/exclusive.ts'

type Life = { atGate: number; forTurn: number }

export class Gate {
  readonly #draw: () => number
  readonly #of = new AsyncLocalStorage<Life>()
  readonly #lives = new Set<Life>()
  #waiting: { life: Life; go: () => void }[] = []

  /** `draw` gives natural numbers. */
  constructor(draw: () => number) {
    this.#draw = draw
  }

  /** All at once, to their ends. @throws what one of them throws */
  async run(lives: readonly (() => Promise<void>)[]): Promise<void> {
    const begun = lives.map((live) => ({ live, life: { atGate: 0, forTurn: 0 } }))
    for (const { life } of begun) this.#lives.add(life)
    await Promise.all(begun.map(async ({ live, life }) => {
      try {
        await this.#of.run(life, live)
      } finally {
        this.#lives.delete(life)
        this.#next()
      }
    }))
  }

  /** Before a deed. Who is not among the lives does not wait. */
  async pass(): Promise<void> {
    const life = this.#of.getStore()
    if (life === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    life.atGate++
    this.#waiting.push({ life, go: resolve })
    this.#next()
    await promise
  }

  /** Turns in which nobody counts as busy who waits for his. */
  turns(inner: Exclusively): Exclusively {
    return async (work) => {
      const life = this.#of.getStore() ?? { atGate: 0, forTurn: 0 }
      life.forTurn++
      this.#next()
      return inner((turn) => {
        life.forTurn--
        return work(turn)
      })
    }
  }

  #next(): void {
    if (this.#waiting.length === 0 || ![...this.#lives].every(({ atGate, forTurn }) => atGate + forTurn > 0)) return
    const [{ life, go }] = this.#waiting.splice(this.#draw() % this.#waiting.length, 1) as [{ life: Life; go: () => void }]
    life.atGate--
    go()
    // whoever does several things at once waits here with the others still
    if (life.atGate > 0) setImmediate(() => this.#next())
  }
}
