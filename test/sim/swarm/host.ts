/** A host in the simulation: the pure swarm code, driven as an agent drives it. */
import type { AnnouncementAnswer } from '../../../shared/distribution/protocol.ts'
import { announceAtMs } from '../../../shared/swarm/announcing.ts'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import { Download } from '../../../shared/swarm/download.ts'
import type { Request } from '../../../shared/swarm/request.ts'
import { Giver } from './giver.ts'
import type { World } from './world.ts'

export type Character = 'honest' | 'liar'

const MAX_REQUESTS = 12

export class Host extends Giver {
  readonly name: string
  readonly rack: string
  readonly character: Character
  readonly download: Download
  readonly transfers = new Map<number, { breakOff: () => void }>()
  startedMs = 0
  finishedMs: number | null = null
  wasted = 0
  refusals = 0
  announcements = 0
  willDie = false
  /** Of whom what was asked, until it is over one way or another; and who has lied. */
  readonly #requests = new Map<number, string>()
  readonly #liars = new Set<string>()
  readonly #watched = new Set<string>()
  readonly #watchers = new Set<Host>()
  #snapshot: Bitmap | null = null
  #wakeAtMs = Infinity
  #newsAtMs = Infinity
  #toldMs = -Infinity
  #answer: { atMs: number; nextMs: number } | null = null
  #announceAtMs = Infinity

  constructor(world: World, name: string, dc: string, rack: string, character: Character) {
    const { hostBytesPerMs, hostSlots, pieces } = world.scenario
    super(world, dc, { upBytesPerMs: hostBytesPerMs, downBytesPerMs: hostBytesPerMs }, { slots: hostSlots, line: world.scenario.hostLine, perPeer: 2 })
    this.name = name
    this.rack = rack
    this.character = character
    this.download = new Download({ count: pieces, have: new Bitmap(pieces), limits: { maxRequests: MAX_REQUESTS } })
    this.download.askable(Array.from({ length: pieces }, (_, index) => index))
    this.download.relays([{ name: 'relay', serves: null }])
  }

  start(): void {
    this.startedMs = this.world.agenda.nowMs
    this.#announce()
  }

  /** What it says that it has. */
  get #says(): Bitmap {
    this.#snapshot ??= this.character === 'liar' ? Bitmap.full(this.download.have.length) : this.download.have.copy()
    return this.#snapshot
  }

  answered({ neighbours, mayAsk, nextMs }: AnnouncementAnswer): void {
    const { agenda, network } = this.world
    const names = neighbours.map(({ host }) => host)
    this.download.neighbours(names)
    this.download.mayAskRelays(mayAsk)
    for (const name of this.#watched) if (!names.includes(name)) this.#unwatch(name)
    for (const name of names) {
      if (this.#watched.has(name)) continue
      this.#watched.add(name)
      const peer = this.world.host(name)
      this.world.insist(peer.dc === this.dc, () => `${name} of ${peer.dc} was named to a host of ${this.dc}`)
      network.message(this.endpoint, peer.endpoint, () => peer.watchedBy(this))
    }
    this.#answer = { atMs: agenda.nowMs, nextMs }
    this.#planAnnouncement()
    this.act()
  }

  watchedBy(host: Host): void {
    this.#watchers.add(host)
    this.#tell(host)
  }

  #unwatch(name: string): void {
    this.#watched.delete(name)
    this.world.host(name).#watchers.delete(this)
  }

  heardHave(from: string, have: Bitmap): void {
    this.download.peerHas(from, have)
    this.act()
  }

  asked(asker: Host, id: number, index: number, have: Bitmap): void {
    this.download.peerHas(asker.name, have)
    const has = this.character === 'liar' || this.download.have.has(index)
    this.give(asker, id, () => (has ? index : null), () => this.#says)
  }

  refused(id: number, why: 'busy' | 'missing', retryMs: number): void {
    this.refusals++
    this.#requests.delete(id)
    this.download.refused(id, why, retryMs, this.world.agenda.nowMs)
    this.act()
  }

  heardOf(from: Giver, id: number, index: number, isFirst: boolean, isLast: boolean, have: Bitmap | null): void {
    const nowMs = this.world.agenda.nowMs
    this.download.progress(id, this.world.segmentBytes, nowMs)
    if (isFirst && have === null) this.download.promised(id, index, nowMs)
    if (isFirst && have !== null && from instanceof Host) this.download.peerHas(from.name, have)
    if (isLast) {
      this.transfers.delete(id)
      const isAwaited = this.#requests.delete(id)
      if (!isAwaited) return
      if (from instanceof Host && from.character === 'liar') this.#corrupt(id, from.name)
      else this.#arrived(id, index)
    }
    if (isLast || (isFirst && have === null)) this.act()
  }

  #corrupt(id: number, liar: string): void {
    this.#liars.add(liar)
    this.download.corrupt(id)
  }

  #arrived(id: number, index: number): void {
    const { agenda, scenario } = this.world
    if (this.download.have.has(index)) this.wasted++
    this.download.arrived(id, index, this.world.pieceBytes, agenda.nowMs)
    if (this.character === 'honest') this.#snapshot = null
    if (this.#newsAtMs === Infinity) {
      this.#newsAtMs = Math.max(agenda.nowMs, this.#toldMs + scenario.newsMs)
      agenda.at(this.#newsAtMs, () => this.#spreadNews())
    }
    if (this.download.isDone && this.finishedMs === null) {
      this.finishedMs = agenda.nowMs
      this.world.finished(this)
    }
  }

  #spreadNews(): void {
    this.#newsAtMs = Infinity
    this.#toldMs = this.world.agenda.nowMs
    if (this.endpoint.isDead) return
    for (const watcher of this.#watchers) this.#tell(watcher)
  }

  #tell(watcher: Host): void {
    if (watcher.download.isDone) return
    const says = this.#says
    this.world.network.message(this.endpoint, watcher.endpoint, () => watcher.heardHave(this.name, says))
  }

  /** Carries out what the download decides. */
  act(): void {
    const { agenda, random } = this.world
    if (this.endpoint.isDead) return
    const { ask, cancel, wakeAtMs } = this.download.decide(agenda.nowMs, random)
    for (const id of cancel) {
      this.world.insist(this.#requests.delete(id), () => 'what was never asked for is cancelled')
      this.transfers.get(id)?.breakOff()
      this.transfers.delete(id)
    }
    for (const request of ask) this.#ask(request)
    if (this.download.isDone) return this.world.insist(this.#requests.size === 0, () => `${this.name} has everything, and waits for something`)
    if (wakeAtMs !== null && wakeAtMs < this.#wakeAtMs) this.#wakeAt(wakeAtMs)
    if (this.download.isStarving(agenda.nowMs)) this.#planAnnouncement()
  }

  #wakeAt(atMs: number): void {
    this.#wakeAtMs = atMs
    this.world.agenda.at(atMs, () => {
      if (this.#wakeAtMs !== atMs) return
      this.#wakeAtMs = Infinity
      this.act()
    })
  }

  #ask(request: Request): void {
    const { network } = this.world
    this.#requests.set(request.id, request.of === 'relay' ? 'relay' : request.peer)
    this.world.insist(this.#requests.size <= MAX_REQUESTS, () => `${this.name} has ${this.#requests.size} requests under way`)
    if (request.of === 'relay') {
      const relay = this.world.relay(this.dc)
      network.message(this.endpoint, relay.endpoint, () => relay.any(this, request.id, request.wanted))
      return
    }
    const peer = this.world.host(request.peer)
    this.world.insist(!this.#liars.has(request.peer), () => `${request.peer} has lied to ${this.name}, and is asked again`)
    this.world.insist(peer.dc === this.dc, () => `${this.name} asks ${peer.name} of another datacenter`)
    const says = this.#says
    network.message(this.endpoint, peer.endpoint, () => peer.asked(this, request.id, request.index, says))
  }

  #planAnnouncement(): void {
    if (this.#answer === null) return
    const { agenda } = this.world
    const atMs = Math.max(agenda.nowMs, announceAtMs(this.#answer.atMs, this.#answer.nextMs, this.download.isStarving(agenda.nowMs)))
    if (atMs >= this.#announceAtMs) return
    this.#announceAtMs = atMs
    agenda.at(atMs, () => {
      if (this.#announceAtMs !== atMs) return
      this.#announceAtMs = Infinity
      this.#announce()
    })
  }

  #announce(): void {
    const { agenda, network } = this.world
    if (this.endpoint.isDead) return
    this.announcements++
    this.#answer = null
    const relay = this.world.relay(this.dc)
    const { name, rack, dc } = this
    const who = { host: name, address: name, port: 1, rack, dc, have: this.#says.count, starving: this.download.isStarving(agenda.nowMs) }
    network.message(this.endpoint, relay.endpoint, () => relay.announced(this, who))
  }
}
