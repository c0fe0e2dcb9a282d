/**
 * What lies sealed in Redis: each text about the place that it is for, so that what somebody else has written there, or moved there from another
 * place, does not open. It is never acted on, and the log says so, once for each.
 */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { sha256 } from '../../../shared/digest.ts'
import { problem } from '../../../shared/errors.ts'
import type { MusterError } from '../../../shared/errors.ts'
import type { Seals } from '../../engine/ports/keys.ts'

/** Of tampered texts; beyond these the log has said enough. */
export const MAX_TAMPERED_NOTED = 1000
/** How every sealed text ends. Whoever writes to Redis can take it away: that there is no seal proves nothing. */
const SEAL = / [\w-]{43}$/

/** What sealed stores work with. */
export type SealedStore = { redis: Redis; seals: Seals; log: Logger }

/** What people call a text by its name, and how they put right what does not open. */
export type Called = { what: (name: string) => string; repair: string }

const noted = new WeakMap<SealedStore, Set<string>>()

export class SealedTexts<T> {
  readonly #store: SealedStore
  readonly #place: string

  constructor(store: SealedStore, place: string) {
    this.#store = store
    this.#place = place
  }

  seal(name: string, value: T): string {
    return this.#store.seals.seal(this.#about(name), JSON.stringify(value))
  }

  /** Null: it does not open. */
  open(name: string, text: string): T | null {
    const opened = this.#store.seals.open(this.#about(name), text)
    if (opened !== null) return JSON.parse(opened) as T
    this.#sayTampered(name, text)
    return null
  }

  #sayTampered(name: string, text: string): void {
    const which = sha256(`${this.#about(name)} ${text}`)
    const said = noted.get(this.#store) ?? new Set()
    noted.set(this.#store, said)
    if (said.has(which) || said.size >= MAX_TAMPERED_NOTED) return
    said.add(which)
    this.#store.log.error(
      { key: this.#place, field: name, hasSeal: hasSeal(text) },
      'tampered: no coordinator of this key directory has written what Redis holds here; it is not acted on',
    )
  }

  #about(name: string): string {
    return `${this.#place} ${name}`
  }
}

/** Whether it ends as sealed texts do, whoever sealed it. */
export function hasSeal(text: string): boolean {
  return SEAL.test(text)
}

/** The refusal of what does not open. */
export function tampered({ what, repair }: Called, name: string, text: string): MusterError {
  const message = `${what(name)} in Redis is not what Muster has written there, so it is not acted on`
  const adopt = 'if an earlier version of Muster wrote it, and you trust it, a start of the coordinator with --adopt-unsealed; otherwise '
  return problem('tampered', message, { expected: `${hasSeal(text) ? '' : adopt}${repair}` })
}
