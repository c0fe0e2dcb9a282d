/** Virtual time: what is to happen, in the order in which it happens. Nothing waits for a real clock. */
export type Kind = 'world' | 'engine'
type Entry = { atMs: number; sequence: number; kind: Kind; run: () => void }

export class Timeline {
  nowMs = 0
  #entries: Entry[] = []
  #sequence = 0

  /** `kind` engine: a look at the clock by the coordinator, which by itself keeps no world going. */
  after(delayMs: number, run: () => void, kind: Kind = 'world'): void {
    const entry = { atMs: this.nowMs + Math.max(0, delayMs), sequence: this.#sequence++, kind, run }
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.atMs <= entry.atMs) low = middle + 1
      else high = middle
    }
    this.#entries.splice(low, 0, entry)
  }

  /** False: nothing is left to happen. */
  advance(): boolean {
    const entry = this.#entries.shift()
    if (entry === undefined) return false
    this.nowMs = entry.atMs
    entry.run()
    return true
  }

  /** Whether anything but the coordinator's own timers is still to happen. */
  get isQuiet(): boolean {
    return !this.#entries.some((entry) => entry.kind === 'world')
  }
}
