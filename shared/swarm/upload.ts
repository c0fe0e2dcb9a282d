/**
 * Who is served now, and who is told to come back: admission at whoever gives pieces out. Nobody waits in a queue here. A host that has something heavy
 * to do serves nobody new meanwhile.
 */

export type UploadLimits = {
  /** Answers under way at once. Few: what shares the uplink with many others arrives late, and is passed on late. */
  slots: number
  /** Of these, to one peer, while others want some. */
  slotsPerPeer: number
}

export type Admission = { admitted: true; id: number } | { admitted: false; retryMs: number }

type Answer = { peer: string; sinceMs: number; heardMs: number }

/** Nobody takes what is sent for so long: the slot is somebody else's. */
const STALL_MS = 2_000
/** Whoever was refused within this time still wants it. */
const WAITING_MS = 500
const MAX_WAITING = 1_024
/** While something heavy goes on. */
const HEAVY_RETRY_MS = 1_000
const MIN_RETRY_MS = 10
const MAX_RETRY_MS = 1_000
/** Before the first answer is over. */
const ASSUMED_ANSWER_MS = 100
const NEWEST = 0.2

export class Upload {
  readonly #limits: UploadLimits
  readonly #answers = new Map<number, Answer>()
  /** Who was refused, and when last; the longest ago first. */
  readonly #waiting = new Map<string, number>()
  #heavy = false
  #answerMs = ASSUMED_ANSWER_MS
  #nextId = 1

  constructor(limits: UploadLimits) {
    this.#limits = limits
  }

  /** Something heavy goes on at this host, or is over. */
  busyWithOther(busy: boolean): void {
    this.#heavy = busy
  }

  /** Every `admitted` is followed by one `ended`. To be asked only once it is certain that there is something to send. */
  admit(peer: string, nowMs: number, random: () => number): Admission {
    this.#forgetWaiting(nowMs)
    if (this.#heavy) return { admitted: false, retryMs: HEAVY_RETRY_MS }
    if (this.#answers.size >= this.#limits.slots || this.#hasItsShare(peer)) return this.#refuse(peer, nowMs, random)
    this.#waiting.delete(peer)
    const id = this.#nextId++
    this.#answers.set(id, { peer, sinceMs: nowMs, heardMs: nowMs })
    return { admitted: true, id }
  }

  /** Bytes have gone out: the connection took them. */
  progress(id: number, nowMs: number): void {
    const answer = this.#answers.get(id)
    if (answer !== undefined) answer.heardMs = nowMs
  }

  /** The answer is over, whichever way. */
  ended(id: number, nowMs: number): void {
    const answer = this.#answers.get(id)
    if (!this.#answers.delete(id) || answer === undefined) return
    this.#answerMs += NEWEST * (nowMs - answer.sinceMs - this.#answerMs)
  }

  /** Answers that nobody takes any more: to be broken off, after which `ended` says so. */
  stalled(nowMs: number): number[] {
    return [...this.#answers].filter(([, { heardMs }]) => nowMs - heardMs >= STALL_MS).map(([id]) => id)
  }

  /** When `stalled` may next have something to say; null: nothing is under way. */
  get wakeAtMs(): number | null {
    return this.#answers.size === 0 ? null : Math.min(...[...this.#answers.values()].map(({ heardMs }) => heardMs)) + STALL_MS
  }

  get underWay(): number {
    return this.#answers.size
  }

  #hasItsShare(peer: string): boolean {
    const others = this.#waiting.size - (this.#waiting.has(peer) ? 1 : 0)
    if (others === 0) return false
    let own = 0
    for (const answer of this.#answers.values()) if (answer.peer === peer) own++
    return own >= this.#limits.slotsPerPeer
  }

  /** About when a slot will be free for him, given how many others wait for one; not the same for all of them. */
  #refuse(peer: string, nowMs: number, random: () => number): Admission {
    this.#waiting.delete(peer)
    if (this.#waiting.size < MAX_WAITING) this.#waiting.set(peer, nowMs)
    const freeInMs = (this.#answerMs / this.#limits.slots) * (1 + this.#waiting.size / 2)
    return { admitted: false, retryMs: Math.round(Math.min(Math.max(freeInMs * (0.5 + random()), MIN_RETRY_MS), MAX_RETRY_MS)) }
  }

  #forgetWaiting(nowMs: number): void {
    for (const [peer, sinceMs] of this.#waiting) {
      if (nowMs - sinceMs < WAITING_MS) return
      this.#waiting.delete(peer)
    }
  }
}
