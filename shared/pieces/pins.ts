/** Which pieces must stay, by who needs them. */
export class Pins {
  readonly #byOwner = new Map<string, ReadonlySet<string>>()
  readonly #count = new Map<string, number>()

  /** In place of what this owner has pinned before; they need not be here yet. */
  pin(owner: string, digests: Iterable<string>): void {
    const before = this.#byOwner.get(owner)
    const now = new Set(digests)
    this.#byOwner.set(owner, now)
    for (const digest of now) this.#count.set(digest, (this.#count.get(digest) ?? 0) + 1)
    this.#release(before)
  }

  unpin(owner: string): void {
    this.#release(this.#byOwner.get(owner))
    this.#byOwner.delete(owner)
  }

  has(digest: string): boolean {
    return this.#count.has(digest)
  }

  #release(digests: ReadonlySet<string> | undefined): void {
    for (const digest of digests ?? []) {
      const left = this.#count.get(digest)! - 1
      if (left === 0) this.#count.delete(digest)
      else this.#count.set(digest, left)
    }
  }
}
