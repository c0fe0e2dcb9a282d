/** Who is served now, and who is told to come back: admission at whoever gives pieces out. Nobody waits in a queue here. */

export type UploadLimits = {
  /** Answers under way at once. */
  slots: number
  /** Of these, to one peer, while others want some. */
  slotsPerPeer: number
}

export type Admission = { admitted: true; id: number } | { admitted: false; retryMs: number }

export class Upload {
  constructor(_limits: UploadLimits) {}

  /** Something heavy goes on at this host: nobody new is served. */
  busyWithOther(_busy: boolean): void {}

  /** Every `admitted` is followed by one `ended`. Ask only once it is certain that there is something to send. */
  admit(_peer: string, _nowMs: number, _random: () => number): Admission {
    throw new Error('not yet')
  }

  /** Bytes have gone out (the socket took them). */
  progress(_id: number, _nowMs: number): void {}

  ended(_id: number, _bytes: number, _nowMs: number): void {}

  /** Answers that nobody takes any more: break them off, then say `ended`. */
  stalled(_nowMs: number): number[] {
    return []
  }

  /** When `stalled` may next have something to say; null: nothing is under way. */
  get wakeAtMs(): number | null {
    return null
  }
}
