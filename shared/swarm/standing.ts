/** How somebody who is asked for pieces has behaved so far, and so when he may be asked again, and how much at once. */

/** A peer that has failed is left alone so long, twice as long each further time in a row. */
const FAILED_QUIET_MS = 4_000
const MISSING_QUIET_MS = 250
const MAX_QUIET_MS = 60_000
/** What others say of when to come back is believed within these bounds. */
const MIN_RETRY_MS = 10
const MAX_RETRY_MS = 2_000
/** Failures in a row after which nobody counts on him any more. */
const GIVEN_UP_AFTER = 3
/** How much the newest answer counts in the average. */
const NEWEST = 0.25

export class Standing {
  /** Requests under way. */
  underWay = 0
  #state: 'new' | 'proven' | 'banned'
  #quietUntilMs = -Infinity
  #failures = 0
  #refusals = 0
  #answerMs = 0

  constructor(state: 'new' | 'proven') {
    this.#state = state
  }

  /** Nobody new is asked for more than one piece at once before he has brought one: it may be somebody who lies, or is dead. */
  mayTake(most: number, nowMs: number): boolean {
    return this.underWay < (this.#state === 'proven' ? most : 1) && this.#state !== 'banned' && nowMs >= this.#quietUntilMs
  }

  delivered(tookMs: number): void {
    this.#answerMs = this.#answerMs === 0 ? tookMs : this.#answerMs + NEWEST * (tookMs - this.#answerMs)
    if (this.#state === 'new') this.#state = 'proven'
    this.#failures = 0
    this.#refusals = 0
  }

  /** Comes back when he said, later each time that he has nothing but that to say. */
  busy(retryMs: number, nowMs: number): void {
    const hint = Math.min(Math.max(retryMs, MIN_RETRY_MS), MAX_RETRY_MS)
    this.#quiet(Math.min(hint * 2 ** Math.max(0, this.#refusals++ - 3), MAX_RETRY_MS), nowMs)
  }

  missing(nowMs: number): void {
    this.#quiet(MISSING_QUIET_MS * 2 ** Math.min(this.#refusals++, 8), nowMs)
  }

  failed(nowMs: number): void {
    this.#quiet(FAILED_QUIET_MS * 2 ** Math.min(this.#failures++, 8), nowMs)
  }

  ban(): void {
    this.#state = 'banned'
  }

  get isBanned(): boolean {
    return this.#state === 'banned'
  }

  /** Whether anything is to be hoped for from here. */
  get isGivenUp(): boolean {
    return this.#state === 'banned' || this.#failures >= GIVEN_UP_AFTER || (this.#state === 'new' && this.#failures > 0)
  }

  get quietUntilMs(): number {
    return this.#quietUntilMs
  }

  /** How long his answers take, about; 0 is not known yet. */
  get answerMs(): number {
    return this.#answerMs
  }

  #quiet(durationMs: number, nowMs: number): void {
    this.#quietUntilMs = Math.max(this.#quietUntilMs, nowMs + Math.min(durationMs, MAX_QUIET_MS))
  }
}
