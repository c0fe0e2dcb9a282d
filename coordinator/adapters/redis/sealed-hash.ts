/** A hash in Redis whose records are sealed, each about the key and the field that it is for. */
import { loadScript } from './script.ts'
import { hasSeal, SealedTexts, tampered } from './sealed-texts.ts'
import type { Called, SealedStore } from './sealed-texts.ts'

/** `text`: as it lies in Redis, empty when nothing does; `value` null: nothing does, or nothing that opens. */
export type Read<T> = { text: string; value: T | null }

const replaceSealed = loadScript<0 | 1>(new URL('./lua/replace-sealed.lua', import.meta.url))

export class SealedHash<T> {
  readonly key: string
  readonly #store: SealedStore
  readonly #texts: SealedTexts<T>
  readonly #called: Called

  constructor(store: SealedStore, key: string, called: Called = { what: (field) => `${key} ${field}`, repair: 'it written anew' }) {
    this.key = key
    this.#store = store
    this.#texts = new SealedTexts(store, key)
    this.#called = called
  }

  async read(field: string): Promise<Read<T>> {
    const text = await this.#store.redis.hget(this.key, field)
    return text === null ? { text: '', value: null } : { text, value: this.#texts.open(field, text) }
  }

  /** Null: there is none. @throws MusterError tampered: there is one that does not open */
  async get(field: string): Promise<T | null> {
    const { text, value } = await this.read(field)
    if (value === null && text !== '') throw tampered(this.#called, field, text)
    return value
  }

  /** Those of them that are there and open, in their order. */
  async some(fields: readonly string[]): Promise<Map<string, T>> {
    const texts = fields.length === 0 ? [] : await this.#store.redis.hmget(this.key, ...fields)
    return this.#opened(fields.map((field, index) => [field, texts[index] ?? null]))
  }

  /** Those that open. */
  async all(): Promise<T[]> {
    return (await this.everything()).records
  }

  /** `tampered`: the fields of those that do not open. */
  async everything(): Promise<{ records: T[]; tampered: string[] }> {
    const texts = Object.entries(await this.#store.redis.hgetall(this.key))
    const opened = this.#opened(texts)
    return { records: [...opened.values()], tampered: texts.flatMap(([field]) => (opened.has(field) ? [] : [field])) }
  }

  seal(field: string, value: T): string {
    return this.#texts.seal(field, value)
  }

  /** False, and nothing is written: what is there is no longer what the caller has read. */
  async replace(field: string, seen: Read<T>, value: T): Promise<boolean> {
    return await replaceSealed(this.#store.redis, [this.key], [field, seen.text, this.seal(field, value)]) === 1
  }

  /** Adds a record, also in the place of one that does not open: that is how people put it right. */
  async add(field: string, value: T, atMost: number): Promise<'added' | 'exists' | 'full'> {
    const seen = await this.read(field)
    if (seen.value !== null) return 'exists'
    if (seen.text === '' && await this.#store.redis.hlen(this.key) >= atMost) return 'full'
    return await this.replace(field, seen, value) ? 'added' : 'exists'
  }

  /** Seals what has no seal, and never what has another's. @param change what the text says, as it is to be sealed @returns how many */
  async adopt(change: (value: unknown, field: string) => T = (value) => value as T): Promise<number> {
    let adopted = 0
    for (const [field, text] of Object.entries(await this.#store.redis.hgetall(this.key))) {
      const value = hasSeal(text) ? undefined : parsed(text)
      if (value !== undefined && await this.replace(field, { text, value: null }, change(value, field))) adopted++
    }
    return adopted
  }

  #opened(texts: readonly (readonly [string, string | null])[]): Map<string, T> {
    return new Map(texts.flatMap(([field, text]): [string, T][] => {
      const value = text === null ? null : this.#texts.open(field, text)
      return value === null ? [] : [[field, value]]
    }))
  }
}

/** Undefined: nothing that Muster has ever written. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
