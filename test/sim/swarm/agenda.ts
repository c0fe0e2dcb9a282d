/** What is to happen, by time: a binary heap, since millions of events pass through it. Equal times keep no order but a reproducible one. */
export class Agenda {
  nowMs = 0
  readonly #times: number[] = []
  readonly #runs: (() => void)[] = []

  at(timeMs: number, run: () => void): void {
    const [times, runs] = [this.#times, this.#runs]
    let at = times.length
    times.push(timeMs)
    runs.push(run)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (times[parent]! <= timeMs) break
      times[at] = times[parent]!
      runs[at] = runs[parent]!
      at = parent
    }
    times[at] = timeMs
    runs[at] = run
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run)
  }

  /** False: nothing is left, or nothing before `untilMs`. */
  advance(untilMs: number): boolean {
    const [time, run] = [this.#times[0], this.#runs[0]]
    if (time === undefined || run === undefined || time > untilMs) return false
    this.#removeFirst()
    this.nowMs = time
    run()
    return true
  }

  #removeFirst(): void {
    const [times, runs] = [this.#times, this.#runs]
    const time = times.pop()!
    const run = runs.pop()!
    const size = times.length
    if (size === 0) return
    let at = 0
    for (let child = 1; child < size; child = at * 2 + 1) {
      if (child + 1 < size && times[child + 1]! < times[child]!) child++
      if (times[child]! >= time) break
      times[at] = times[child]!
      runs[at] = runs[child]!
      at = child
    }
    times[at] = time
    runs[at] = run
  }
}
