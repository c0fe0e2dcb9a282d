/** What a relay counts. Bytes are of pieces, as they travel. */
export type Counts = {
  /** To hosts, and to other relays. */
  sentToHostsBytes: number
  sentToRelaysBytes: number
  /** From upstreams, also of what was no good. */
  fetchedBytes: number
  /** Answers: a piece or root, busy, not here, refused (no grant, another's, …). */
  given: number
  busy: number
  missing: number
  refused: number
}

export function noCounts(): Counts {
  return { sentToHostsBytes: 0, sentToRelaysBytes: 0, fetchedBytes: 0, given: 0, busy: 0, missing: 0, refused: 0 }
}
