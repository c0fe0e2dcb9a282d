/**
 * Who is served now, who next, and who is told to come back: admission at whoever gives pieces out. Few answers share the uplink, since what is sent to
 * many at once arrives late at all of them and is passed on late; a short line behind these keeps the uplink from idling while somebody makes up his
 * mind. Beyond the line the answer is busy. A host that has something heavy to do serves nobody new meanwhile.
 */

export type UploadLimits = {
  /** Answers that are sent at once. */
  slots: number
  /** Admitted ones whose turn has not come. */
  line: number
  /** Of both, to one peer, while others want some. */
  perPeer: number
}

/** Few at once, since what shares the uplink with many others arrives late everywhere; but so many that few downlinks idle by chance. */
export const HOST_LIMITS: UploadLimits = { slots: 4, line: 1, perPeer: 2 }
/** Of a relay to the hosts of one swarm. */
export const RELAY_LIMITS: UploadLimits = { slots: 4, line: 3, perPeer: 1 }

export type Admission = { admitted: true; id: number } | { admitted: false; retryMs: number }

type Answer = { peer: string; state: 'in line' | 'sent'; sinceMs: number; heardMs: number }

/** So many times as long as answers take, within bounds. */
type Patience = { leastMs: number; answers: number; mostMs: number }

/** Nothing is heard of an answer for so long: it is broken off. Who asks and lives gives up sooner. */
const STALL: Patience = { leastMs: 4_000, answers: 4, mostMs: 10_000 }
/** Nobody waits in line any longer for one of which nothing is heard for so long. */
const HESITATION: Patience = { leastMs: 150, answers: 2, mostMs: 2_000 }
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
  /** In the order in which they were admitted. */
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

  /** Every `admitted` is followed by its number among `turns` and by one `ended`. To be asked only once it is certain that there is something to send. */
  admit(peer: string, nowMs: number, random: () => number): Admission {
    this.#forgetWaiting(nowMs)
    if (this.#heavy) return { admitted: false, retryMs: HEAVY_RETRY_MS }
    if (this.#answers.size >= this.#limits.slots + this.#limits.line || this.#hasItsShare(peer)) return this.#refuse(peer, nowMs, random)
    this.#waiting.delete(peer)
    const id = this.#nextId++
    this.#answers.set(id, { peer, state: 'in line', sinceMs: nowMs, heardMs: nowMs })
    return { admitted: true, id }
  }

  /** Whose turn has come: begin to send these. To be called after `admit`, after `ended`, and at `wakeAtMs`. */
  turns(nowMs: number): number[] {
    let sent = 0
    for (const { state, heardMs } of this.#answers.values()) if (state === 'sent' && nowMs < heardMs + this.#patienceMs(HESITATION)) sent++
    const turns: number[] = []
    for (const [id, answer] of this.#answers) {
      if (sent >= this.#limits.slots) break
      if (answer.state === 'sent') continue
      Object.assign(answer, { state: 'sent', sinceMs: nowMs, heardMs: nowMs })
      turns.push(id)
      sent++
    }
    return turns
  }

  /**
   * Bytes have gone out: the connection took them, which does not mean that they have arrived.
   *
   * @param heardMs now, or later: until then nothing is sent because of a cap, and nobody is to blame for it
   */
  progress(id: number, heardMs: number): void {
    const answer = this.#answers.get(id)
    if (answer !== undefined) answer.heardMs = Math.max(answer.heardMs, heardMs)
  }

  /** The answer is over, whichever way. */
  ended(id: number, nowMs: number): void {
    const answer = this.#answers.get(id)
    if (!this.#answers.delete(id) || answer?.state !== 'sent') return
    this.#answerMs += NEWEST * (nowMs - answer.sinceMs - this.#answerMs)
  }

  /** Answers that nobody takes any more: to be broken off, after which `ended` says so. */
  stalled(nowMs: number): number[] {
    return [...this.#answers].filter(([, { state, heardMs }]) => state === 'sent' && nowMs >= heardMs + this.#patienceMs(STALL)).map(([id]) => id)
  }

  /** When `turns` or `stalled` may next have something to say without anything else having happened; null: nothing is under way. */
  wakeAtMs(nowMs: number): number | null {
    const [hesitationMs, stallMs] = [this.#patienceMs(HESITATION), this.#patienceMs(STALL)]
    let wakeAtMs = Infinity
    for (const { state, heardMs } of this.#answers.values()) {
      if (state === 'sent') wakeAtMs = Math.min(wakeAtMs, heardMs + (nowMs < heardMs + hesitationMs ? hesitationMs : stallMs))
    }
    return wakeAtMs === Infinity ? null : wakeAtMs
  }

  /** Admitted and not over. */
  get underWay(): number {
    return this.#answers.size
  }

  /** What is on its way to many at once comes late everywhere. */
  #patienceMs({ leastMs, answers, mostMs }: Patience): number {
    return Math.min(Math.max(leastMs, answers * this.#answerMs), mostMs)
  }

  #hasItsShare(peer: string): boolean {
    const others = this.#waiting.size - (this.#waiting.has(peer) ? 1 : 0)
    if (others === 0) return false
    let own = 0
    for (const answer of this.#answers.values()) if (answer.peer === peer) own++
    return own >= this.#limits.perPeer
  }

  /** About when there is room for him, given how many others wait for it; not the same for all of them. */
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
