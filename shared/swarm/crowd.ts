/** A set to draw from by chance: whoever is added, removed or drawn costs the same however many there are. */
export class Crowd<T> {
  readonly #all: T[] = []
  readonly #at = new Map<T, number>()

  add(one: T): void {
    if (this.#at.has(one)) return
    this.#at.set(one, this.#all.length)
    this.#all.push(one)
  }

  remove(one: T): void {
    const at = this.#at.get(one)
    if (at === undefined) return
    this.#at.delete(one)
    const last = this.#all.pop()!
    if (last === one) return
    this.#all[at] = last
    this.#at.set(last, at)
  }

  draw(random: () => number): T | undefined {
    return this.#all[Math.floor(random() * this.#all.length)]
  }

  get size(): number {
    return this.#all.length
  }
}
