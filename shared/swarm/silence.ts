/**
 * Tells a host that is cut off itself from others that have fallen silent: where nobody at all is heard any more it is most likely the host, and nobody is
 * to blame. Owns that this excuses nobody for long, so that a host whose neighbours have all died soon knows.
 */

/** With fewer it may well be them. */
const MIN_ASKED = 3
/** Where several answers are under way something comes much more often. */
const SILENT_MS = 400
/** Since somebody was heard: about two questions that nobody answers. */
const EXCUSED_MS = 2_500

export class Silence {
  #heardMs = Infinity

  /** Something has come, from anybody. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs
  }

  /** Whether those who are silent now are to be excused. @param asked how many answers are waited for */
  excuses(asked: number, nowMs: number): boolean {
    const silentMs = nowMs - this.#heardMs
    return asked >= MIN_ASKED && silentMs >= SILENT_MS && silentMs < EXCUSED_MS
  }
}
