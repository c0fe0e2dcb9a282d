/** Objects in memory, at a clock of the test's. The conformance suite holds for it, so what is shown on it holds on the others. */
import { checkedFolder, checkedKey } from '../../coordinator/adapters/artifacts/objects/object-store.ts'
import type { ObjectInfo, ObjectStore } from '../../coordinator/adapters/artifacts/objects/object-store.ts'

export class MemoryObjects implements ObjectStore {
  readonly objects = new Map<string, { bytes: Buffer; changedAtMs: number }>()
  readonly #clock: () => number
  /** Called before each operation: where a test lets others go first. */
  readonly #before: (what: string) => Promise<void>

  constructor(clock: () => number, before: (what: string) => Promise<void> = async () => undefined) {
    this.#clock = clock
    this.#before = before
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkedKey(key)
    await this.#before(`put ${key}`)
    this.objects.set(key, { bytes: Buffer.from(bytes), changedAtMs: this.#clock() })
  }

  async get(key: string): Promise<Buffer | null> {
    checkedKey(key)
    await this.#before(`get ${key}`)
    return this.objects.get(key)?.bytes ?? null
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    checkedKey(key)
    await this.#before(`stat ${key}`)
    const found = this.objects.get(key)
    return found === undefined ? null : { key, sizeBytes: found.bytes.length, changedAtMs: found.changedAtMs }
  }

  async touch(key: string): Promise<boolean> {
    checkedKey(key)
    await this.#before(`touch ${key}`)
    const found = this.objects.get(key)
    if (found !== undefined) found.changedAtMs = this.#clock()
    return found !== undefined
  }

  async *list(folder: string): AsyncGenerator<ObjectInfo> {
    checkedFolder(folder)
    await this.#before(`list ${folder}`)
    for (const [key, found] of this.objects) {
      if (key.startsWith(folder)) yield { key, sizeBytes: found.bytes.length, changedAtMs: found.changedAtMs }
    }
  }

  async remove(key: string): Promise<void> {
    checkedKey(key)
    await this.#before(`remove ${key}`)
    this.objects.delete(key)
  }
}
