/** The pieces that records need. Looking again costs no more than listing the records, and reading those that have come or changed. */
import { neededByArtifact, neededByDelta } from './needs.ts'
import type { ObjectInfo, ObjectStore } from './objects/object-store.ts'
import { ARTIFACTS, DELTAS, nameOf, pairOf, readArtifact, readDelta } from './records.ts'

export class Marks {
  readonly #objects: ObjectStore
  readonly #pieces = new Set<string>()
  /** By their keys: of which time the record is that was read. */
  readonly #read = new Map<string, number>()
  /** Artifacts of which a piece that says what else there is cannot be read. What else they need is not marked: nobody can put them together any more. */
  damaged: string[] = []

  constructor(objects: ObjectStore) {
    this.#objects = objects
  }

  has(piece: string): boolean {
    return this.#pieces.has(piece)
  }

  /** Marks only ever grow: what is needed by a record that has gone meanwhile goes the next time. */
  async look(signal: AbortSignal): Promise<void> {
    for await (const info of this.#objects.list(ARTIFACTS)) {
      signal.throwIfAborted()
      if (this.#isNew(info)) await this.#markArtifact(nameOf(info.key))
    }
    for await (const info of this.#objects.list(DELTAS)) {
      signal.throwIfAborted()
      if (this.#isNew(info)) await this.#markDelta(pairOf(info.key))
    }
  }

  #isNew({ key, changedAtMs }: ObjectInfo): boolean {
    if (this.#read.get(key) === changedAtMs) return false
    this.#read.set(key, changedAtMs)
    return true
  }

  async #markArtifact(digest: string): Promise<void> {
    const record = await readArtifact(this.#objects, digest)
    if (record === null) return
    this.#pieces.add(record.root.digest)
    const needed = await neededByArtifact(this.#objects, record.root)
    if (needed === null) this.damaged.push(digest)
    for (const piece of needed ?? []) this.#pieces.add(piece)
  }

  async #markDelta({ base, artifact }: { base: string; artifact: string }): Promise<void> {
    const record = await readDelta(this.#objects, base, artifact)
    const root = record?.offered?.root
    if (root === undefined) return
    this.#pieces.add(root.digest)
    for (const piece of (await neededByDelta(this.#objects, root)) ?? []) this.#pieces.add(piece)
  }
}
