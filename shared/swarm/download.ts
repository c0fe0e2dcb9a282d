/**
 * One host's part in one swarm: which piece it asks of whom, and when it gives up on an answer. It does nothing itself: whoever drives it tells it what
 * happened, carries out what `decide` says, and comes back at `wakeAtMs`. Times are milliseconds of any clock that never goes back.
 */
import type { Bitmap } from './bitmap.ts'

/** `serves`: the pieces that are asked of this relay when several share them; null is all. */
export type Relay = { name: string; serves: Bitmap | null }

/** One to send. `id` names it in everything that is told of it later. Of a relay any of the `wanted` pieces is asked for, of a peer one by its number. */
export type Request =
  | { id: number; of: 'peer'; peer: string; index: number }
  | { id: number; of: 'relay'; relay: string; wanted: Bitmap }

/** `ask`: send these now. `cancel`: break these off, nothing more is expected of them. `wakeAtMs`: decide again by then, or at the next event; null: only then. */
export type Decision = { ask: Request[]; cancel: number[]; wakeAtMs: number | null }

export type DownloadLimits = {
  /** Requests under way at once, at most. */
  maxRequests: number
  /** Bytes under way at once, about, at most; at least two requests are always allowed. */
  maxBytes: number
}

export class Download {
  /** `count`: of pieces in the swarm. `have`: what is here already; it is copied. Nothing may be asked for before `askable`. */
  constructor(_options: { count: number; have: Bitmap; limits?: Partial<DownloadLimits> }) {
    throw new Error('not yet')
  }

  /** The tracker's list in place of the former one. What is known of those who are on both stays; a ban stays in any case. */
  neighbours(_names: readonly string[], _nowMs: number): void {}

  /** Who may be asked for any piece, in place of the former ones. They are asked while `mayAskRelays` says so. */
  relays(_relays: readonly Relay[], _nowMs: number): void {}

  /** What the tracker last said. Without neighbours relays may always be asked. */
  mayAskRelays(_may: boolean): void {}

  /** News of what a neighbour has. It only grows: what was there once is believed until the peer itself says `missing`. */
  peerHas(_peer: string, _have: Bitmap, _nowMs: number): void {}

  /** Digests of these are known now, so that they can be verified. */
  askable(_indexes: Iterable<number>): void {}

  /** A piece has come from elsewhere. */
  has(_index: number): void {}

  /** Bytes of an answer have come: `bytes` since the last call for this request. May be called with every chunk, or several times a second. */
  progress(_id: number, _bytes: number, _nowMs: number): void {}

  /** The piece is here and verified. `bytes`: all of it. Of a cancelled request too, if it came all the same. */
  arrived(_id: number, _index: number, _bytes: number, _nowMs: number): void {}

  /** busy: 503, with the hint; missing: 404 (of a relay: nothing of what was wanted). */
  refused(_id: number, _why: 'busy' | 'missing', _retryMs: number, _nowMs: number): void {}

  /** The connection could not be made, or broke, or the answer made no sense. */
  failed(_id: number, _nowMs: number): void {}

  /** The bytes were not those of the piece: whoever sent them is never asked again. */
  corrupt(_id: number, _nowMs: number): void {}

  /**
   * What to do now. Notices stalls by itself: a request without progress for about a second is cancelled, its piece asked elsewhere, its peer left alone for
   * a while. To be called after events (several may be told before) and at `wakeAtMs`.
   *
   * @param random at least 0, less than 1
   */
  decide(_nowMs: number, _random: () => number): Decision {
    throw new Error('not yet')
  }

  /** Neighbours have nothing for it that could be asked for, and nothing has come for a while: it should announce itself, saying so. */
  isStarving(_nowMs: number): boolean {
    return false
  }

  /** What is here; do not change it. */
  get have(): Bitmap {
    throw new Error('not yet')
  }

  get isDone(): boolean {
    return false
  }

  /** Neighbours that are worth asking what they have: not banned, not given up. */
  get neighboursToWatch(): readonly string[] {
    return []
  }
}
