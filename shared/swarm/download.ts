/**
 * One host's part in one swarm: which piece it asks of whom, and when it gives up on an answer. It does nothing itself: whoever drives it tells it what
 * happened, carries out what `decide` says, and comes back at `wakeAtMs`. Times are milliseconds of any clock that never goes back.
 *
 * A piece that is not here is open (nobody is asked for it), or asked for. Of a relay any open piece is asked for, so which one it will be is known
 * only when the answer begins.
 */
import type { Bitmap } from './bitmap.ts'
import { Neighbours } from './neighbours.ts'
import type { Peer } from './neighbours.ts'
import { Pieces } from './pieces.ts'
import { Relays } from './relays.ts'
import type { Decision, Relay, Request } from './request.ts'
import { Silence } from './silence.ts'
import type { Standing } from './standing.ts'
import { Window } from './window.ts'

/** Under way at once: requests, and bytes, about; two requests are allowed in any case. */
export type DownloadLimits = { maxRequests: number; maxBytes: number }

const DEFAULT_LIMITS: DownloadLimits = { maxRequests: 32, maxBytes: 32 * 1024 * 1024 }
/** Of one peer, as long as the others can take the rest; of a relay beside neighbours, and without any one more with every piece that it brings. */
const REQUESTS_EACH = 1
/** Nothing has come of a request for so long: it has stalled. Relays may first have to fetch from afar. */
const PEER_STALL_MS = 1_000
const RELAY_STALL_MS = 4_000
const MAX_STALL_MS = 5_000
/** Whoever comes back later than this after he said to wake him has stood still himself, and blames nobody for silence. */
const OVERSLEPT_MS = 500
/** Only the last few pieces are asked for twice, and only when their answers take longer than others do. */
const ENDGAME_PIECES = 8
const ENDGAME_PATIENCE = 1.5
const STARVING_AFTER_MS = 500
const NEWEST = 0.1

type UnderWay = { request: Request; peer: Peer | null; standing: Standing; index: number | null; askedMs: number; heardMs: number; stallMs: number }

export class Download {
  readonly #pieces: Pieces
  readonly #neighbours: Neighbours
  readonly #window: Window
  readonly #underWay = new Map<number, UnderWay>()
  readonly #relays = new Relays()
  readonly #silence = new Silence()
  #mayAskRelays = false
  /** Requests to relays of which it is not known yet which piece they will bring. */
  #unpromised = 0
  /** Pieces that relays have brought. */
  #fromRelays = 0
  #cancel: number[] = []
  #nextId = 1
  #answerMs = 0
  #starvingAtMs = Infinity
  /** When the last decision wanted to be looked at again. */
  #wakeAtMs = -Infinity

  /** `count`: of pieces in the swarm. `have`: what is here already; it is copied. Nothing is asked for before it is `askable`. */
  constructor({ count, have, limits }: { count: number; have: Bitmap; limits?: Partial<DownloadLimits> }) {
    const { maxRequests, maxBytes } = { ...DEFAULT_LIMITS, ...limits }
    this.#pieces = new Pieces(count, have)
    this.#neighbours = new Neighbours(count)
    this.#window = new Window(maxRequests, maxBytes)
  }

  /** The tracker's list in place of the former one. What is known of those who are on both stays; a ban stays in any case. */
  neighbours(names: readonly string[]): void {
    this.#neighbours.replace(names)
  }

  /** Who may be asked for any piece, in place of the former ones. They are asked while `mayAskRelays` says so. */
  relays(relays: readonly Relay[]): void {
    this.#relays.replace(relays)
  }

  /** What the tracker last said. As long as no neighbour is of any use relays are asked in any case. */
  mayAskRelays(may: boolean): void {
    this.#mayAskRelays = may
  }

  /** News of what a neighbour has. It only grows: what was there once is believed until the peer itself says `missing`. */
  peerHas(peer: string, have: Bitmap): void {
    this.#neighbours.heard(peer, have)
  }

  /** Digests of these are known now, so that they can be verified. */
  askable(indexes: Iterable<number>): void {
    for (const index of indexes) this.#pieces.knowDigest(index)
  }

  /** A piece has come from elsewhere. */
  has(index: number): void {
    this.#pieces.arrived(index)
  }

  /** The answer of a relay has begun, and says which piece it is. Of one that nobody waits for it is broken off. */
  promised(id: number, index: number, nowMs: number): void {
    const underWay = this.#underWay.get(id)
    if (underWay === undefined || underWay.index !== null) return
    underWay.heardMs = nowMs
    if (!this.#pieces.open.has(index)) {
      this.#end(underWay)
      this.#cancel.push(id)
      return
    }
    underWay.index = index
    this.#unpromised--
    this.#pieces.ask(index)
  }

  /** Bytes of an answer have come: `bytes` since the last call for this request. May be called with every chunk, or several times a second. */
  progress(id: number, bytes: number, nowMs: number): void {
    const underWay = this.#underWay.get(id)
    if (underWay !== undefined) underWay.heardMs = nowMs
    this.#silence.heard(nowMs)
    this.#window.received(bytes, nowMs)
  }

  /** A piece is here and verified; `bytes`: all of it, of which `progress` was told before. Of a cancelled request too, if it came all the same. */
  arrived(id: number, index: number, bytes: number, nowMs: number): void {
    this.has(index)
    this.#starvingAtMs = nowMs + STARVING_AFTER_MS
    const underWay = this.#underWay.get(id)
    if (underWay !== undefined) {
      const tookMs = nowMs - underWay.askedMs
      underWay.standing.delivered(tookMs)
      if (underWay.peer === null) this.#fromRelays++
      this.#answerMs += (tookMs - this.#answerMs) * (this.#answerMs === 0 ? 1 : NEWEST)
      this.#window.arrived(bytes, tookMs, nowMs)
      this.#end(underWay)
    }
    if (this.isDone || this.#pieces.asked(index) > 0) this.#cancelFor(index)
  }

  /** busy: 503, with the hint; missing: 404 (of a relay: nothing of what was wanted). */
  refused(id: number, why: 'busy' | 'missing', retryMs: number, nowMs: number): void {
    const underWay = this.#end(this.#underWay.get(id))
    if (underWay === null) return
    this.#silence.heard(nowMs)
    const { standing, peer, index } = underWay
    switch (why) {
      case 'busy':
        return standing.busy(retryMs, nowMs)
      case 'missing':
        if (peer !== null && index !== null) this.#neighbours.lacks(peer, index)
        return standing.missing(nowMs)
    }
  }

  /** The connection could not be made, or broke, or the answer made no sense. */
  failed(id: number, nowMs: number): void {
    this.#end(this.#underWay.get(id))?.standing.failed(nowMs)
  }

  /** The bytes were not those of the piece: whoever sent them is never asked again. */
  corrupt(id: number): void {
    const underWay = this.#end(this.#underWay.get(id))
    if (underWay === null) return
    if (underWay.peer === null) underWay.standing.ban()
    else this.#neighbours.ban(underWay.peer)
    for (const other of this.#underWay.values()) if (other.standing === underWay.standing) this.#breakOff(other)
  }

  /**
   * What to do now. Notices stalls by itself: a request without progress for about a second is cancelled, its piece asked elsewhere, its peer left alone for
   * a while. To be called after events (several may be told before) and at `wakeAtMs`.
   *
   * @param random at least 0, less than 1
   */
  decide(nowMs: number, random: () => number): Decision {
    if (this.#starvingAtMs === Infinity) this.#starvingAtMs = nowMs + STARVING_AFTER_MS
    const { size } = this.#window
    if (nowMs < this.#wakeAtMs && this.#underWay.size >= size && this.#cancel.length === 0) return { ask: [], cancel: [], wakeAtMs: this.#wakeAtMs }
    this.#breakOffStalled(nowMs)
    const ask: Request[] = []
    while (this.#underWay.size < size) {
      const request = this.#askRelay(size, nowMs) ?? this.#askPeer(size, nowMs, random) ?? this.#askTwice(nowMs)
      if (request === null) break
      ask.push(request)
    }
    const cancel = this.#cancel
    this.#cancel = []
    this.#wakeAtMs = this.#nextWake(size, nowMs)
    return { ask, cancel, wakeAtMs: this.#wakeAtMs === Infinity ? null : this.#wakeAtMs }
  }

  /** Neighbours have nothing for it that it could ask for, and nothing has come for a while: it should announce itself, saying so. */
  isStarving(nowMs: number): boolean {
    const { open } = this.#pieces
    return nowMs >= this.#starvingAtMs && open.count > 0 && !this.#neighbours.list.some(({ standing, have }) => !standing.isGivenUp && have.intersects(open))
  }

  /** What is here; to be read only. */
  get have(): Bitmap {
    return this.#pieces.have
  }

  get isDone(): boolean {
    return this.have.isFull
  }

  get bytesPerSecond(): number {
    return this.#window.bytesPerSecond
  }

  /** Neighbours that are worth asking what they have: neither banned nor given up. */
  get neighboursToWatch(): string[] {
    return this.#neighbours.list.filter(({ standing }) => !standing.isGivenUp).map(({ name }) => name)
  }

  #askRelay(size: number, nowMs: number): Request | null {
    if (this.#pieces.open.count <= this.#unpromised) return null
    const alone = this.#neighbours.useful === 0
    if (!alone && !this.#mayAskRelays) return null
    const most = alone ? Math.min(size, REQUESTS_EACH + this.#fromRelays) : REQUESTS_EACH
    const chosen = this.#relays.choose(this.#pieces.open, most, nowMs)
    if (chosen === null) return null
    const { relay, wanted } = chosen
    this.#unpromised++
    return this.#begin({ id: this.#nextId++, of: 'relay', relay: relay.name, wanted }, relay.standing, null, nowMs)
  }

  /** A peer first, then the rarest of what it has: whoever starts from the rarest piece of all asks the same peer as everybody else, and uplinks idle. */
  #askPeer(size: number, nowMs: number, random: () => number): Request | null {
    const { open } = this.#pieces
    const most = Math.max(REQUESTS_EACH, Math.ceil(size / Math.max(1, this.#neighbours.useful)))
    const peer = this.#neighbours.leastLoaded(open, most, this.#answerMs, nowMs, random)
    const index = peer === null ? null : this.#neighbours.rarest(peer.have, open, random)
    return peer === null || index === null ? null : this.#askOf(peer, index, nowMs)
  }

  /** The endgame: a piece that takes its time is asked of a second peer; the first to come counts. */
  #askTwice(nowMs: number): Request | null {
    if (this.#pieces.open.count > 0 || this.#pieces.missing > ENDGAME_PIECES) return null
    for (const { index, askedMs, peer } of this.#underWay.values()) {
      if (index === null || this.#pieces.asked(index) > 1 || nowMs < askedMs + this.#answerMs * ENDGAME_PATIENCE) continue
      const other = this.#neighbours.list.find((one) => one !== peer && one.have.has(index) && one.standing.mayTake(REQUESTS_EACH, nowMs))
      if (other !== undefined) return this.#askOf(other, index, nowMs)
    }
    return null
  }

  #askOf(peer: Peer, index: number, nowMs: number): Request {
    this.#pieces.ask(index)
    return this.#begin({ id: this.#nextId++, of: 'peer', peer: peer.name, index }, peer.standing, peer, nowMs)
  }

  #begin(request: Request, standing: Standing, peer: Peer | null, nowMs: number): Request {
    const base = peer === null ? RELAY_STALL_MS : PEER_STALL_MS
    const stallMs = Math.min(Math.max(base, 2 * this.#answerMs), MAX_STALL_MS)
    standing.underWay++
    const index = request.of === 'peer' ? request.index : null
    this.#underWay.set(request.id, { request, peer, standing, index, askedMs: nowMs, heardMs: nowMs, stallMs })
    return request
  }

  /** Null: it is not known, or was over before. */
  #end(underWay: UnderWay | undefined): UnderWay | null {
    if (underWay === undefined || !this.#underWay.delete(underWay.request.id)) return null
    underWay.standing.underWay--
    if (underWay.index === null) this.#unpromised--
    else this.#pieces.release(underWay.index)
    return underWay
  }

  #breakOff(underWay: UnderWay): void {
    this.#end(underWay)
    this.#cancel.push(underWay.request.id)
  }

  /** Nobody waits any more for what asked for this piece; once all are here, for nothing at all. */
  #cancelFor(index: number): void {
    for (const other of this.#underWay.values()) if (this.isDone || other.index === index) this.#breakOff(other)
  }

  #breakOffStalled(nowMs: number): void {
    const overslept = this.#wakeAtMs !== -Infinity && nowMs > this.#wakeAtMs + OVERSLEPT_MS
    for (const underWay of overslept ? this.#underWay.values() : []) underWay.heardMs = nowMs
    const stalled = [...this.#underWay.values()].filter(({ heardMs, stallMs }) => nowMs >= heardMs + stallMs)
    const isExcused = this.#silence.excuses(this.#underWay.size, nowMs)
    for (const underWay of stalled) this.#breakOff(underWay)
    for (const { standing } of isExcused ? [] : stalled) standing.failed(nowMs)
  }

  #nextWake(size: number, nowMs: number): number {
    let wakeAtMs = Infinity
    const at = (ms: number): void => {
      if (ms > nowMs && ms < wakeAtMs) wakeAtMs = ms
    }
    for (const { heardMs, stallMs, askedMs } of this.#underWay.values()) {
      at(heardMs + stallMs)
      if (this.#pieces.open.count === 0) at(askedMs + this.#answerMs * ENDGAME_PATIENCE)
    }
    if (this.#underWay.size >= size || this.#pieces.open.count === 0) return wakeAtMs
    for (const { standing } of this.#neighbours.list) if (!standing.isBanned) at(standing.quietUntilMs)
    for (const { standing } of this.#relays.list) at(standing.quietUntilMs)
    at(this.#starvingAtMs)
    return wakeAtMs
  }
}
