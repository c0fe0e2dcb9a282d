/**
 * Tells a host that is cut off itself from others that have fallen silent: where nobody at all is heard any more it is most likely the host, and nobody is
 * to blame. Owns that this excuses nobody twice in a row, so that a host whose neighbours have all died soon knows.
 */

/** With fewer it may well be them. */
const MIN_ASKED = 3
const SILENT_MS = 1_000

export class Silence {
  #heardMs = Infinity
  #isExcused = false

  /** Something has come, from anybody. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs
    this.#isExcused = false
  }

  /** Whether those who are silent now are to be excused. @param asked how many answers are waited for */
  excuses(asked: number, nowMs: number): boolean {
    if (this.#isExcused || asked < MIN_ASKED || nowMs < this.#heardMs + SILENT_MS) return false
    this.#isExcused = true
    return true
  }
}
