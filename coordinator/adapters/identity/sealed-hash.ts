/**
 * A hash in Redis whose records are sealed, each about the key and the field that it is for. What does not open under its own name (written by another
 * hand, or put in another's place) counts as not there, and the log says so, once for each.
 */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { sha256 } from '../../../shared/digest.ts'
import type { Seals } from '../../engine/ports/keys.ts'

/** Of tampered records; beyond these the log has said enough. */
export const MAX_TAMPERED_NOTED = 1000

/** What a hash of sealed records works with. */
export type SealedStore = { redis: Redis; seals: Seals; log: Logger }

/** `text`: as it lies in Redis, empty when nothing does; `value` null: nothing does, or nothing that opens. */
export type Read<T> = { text: string; value: T | null }

export class SealedHash<T> {
  readonly key: string
  readonly #store: SealedStore
  readonly #noted = new Set<string>()

  constructor(store: SealedStore, key: string) {
    this.#store = store
    this.key = key
  }

  async read(field: string): Promise<Read<T>> {
    const text = await this.#store.redis.hget(this.key, field)
    return text === null ? { text: '', value: null } : { text, value: this.#open(field, text) }
  }

  async all(): Promise<T[]> {
    return Object.entries(await this.#store.redis.hgetall(this.key)).flatMap(([field, text]) => this.#open(field, text) ?? [])
  }

  seal(field: string, value: T): string {
    return this.#store.seals.seal(this.#about(field), JSON.stringify(value))
  }

  #open(field: string, text: string): T | null {
    const opened = this.#store.seals.open(this.#about(field), text)
    if (opened !== null) return JSON.parse(opened) as T
    this.#sayTampered(field, text)
    return null
  }

  #sayTampered(field: string, text: string): void {
    const which = sha256(`${field} ${text}`)
    if (this.#noted.has(which) || this.#noted.size >= MAX_TAMPERED_NOTED) return
    this.#noted.add(which)
    this.#store.log.error({ key: this.key, field }, 'tampered: no coordinator of this key directory has written what Redis holds here; it is not acted on')
  }

  #about(field: string): string {
    return `${this.key} ${field}`
  }
}
