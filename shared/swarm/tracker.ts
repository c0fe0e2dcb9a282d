/**
 * The relay's view of one swarm: who is in it, who is whose neighbour, and who may ask the relay itself. Neighbourhood is mutual, never across
 * datacenters, and the graph of it hangs together, also with those who come late: a newcomer who finds everybody's list full steps between two neighbours
 * (Law and Siu 2003), so that it stays a random graph of nearly equal degrees. Who does not announce himself again is forgotten.
 */
import type { AnnouncementAnswer, Neighbour } from '../distribution/protocol.ts'
import { Askers } from './askers.ts'
import { Crowd } from './crowd.ts'

/** As a host announces itself; `dc` from its certificate or grant, never from what it says. `have`: how many pieces. */
export type Announced = Neighbour & { dc: string; have: number; starving: boolean }

export type TrackerLimits = {
  /** So many hosts may ask the relay at once, in each datacenter. */
  askers: number
  /** More members than this are not taken in: they are told of nobody, and may ask. */
  maxMembers: number
}

type Member = { who: Announced; sinceMs: number; links: Set<Member>; aliveUntilMs: number }
type Datacenter = { all: Crowd<Member>; racks: Map<string, Crowd<Member>>; complete: Set<Member>; askers: Askers }

const DEFAULT_LIMITS: TrackerLimits = { askers: 12, maxMembers: 100_000 }
const LINKS = 10
/** Those who come later link to those who are there, up to so many. */
const MAX_LINKS = 14
const LINKS_IN_RACK = 5
/** So many are drawn for each place; the one with the fewest links among those who have something is taken. */
const DRAWN_PER_LINK = 4
const DRAWS_PER_ANNOUNCEMENT = 64

/**
 * Once so many hosts of a datacenter have everything, and such a share of them, only those who starve ask the relay: more of it would be copies that the
 * swarm can make by itself. A share too, since a few may say so who lie.
 */
const ENOUGH_COMPLETE = 8
const ENOUGH_COMPLETE_SHARE = 0.05

/** Every member announces himself so often that the relay hears about a thousand a second at most. */
const ANNOUNCEMENTS_PER_MS = 1
const MIN_NEXT_MS = 1_000
const MAX_NEXT_MS = 30_000
/** A newcomer without all the neighbours that he should have: others come at the same time, mostly. */
const NEWCOMER_MS = 2_000
const NEWCOMER_NEXT_MS = 100
/** Who may ask, so that the right goes on soon when he is gone; and who has too few neighbours still. */
const SOON_MS = 500
/** After the time that a member was given for his next announcement, so long passes before it is forgotten. */
const GRACE_MS = 5_000

export class Tracker {
  readonly #count: number
  readonly #limits: TrackerLimits
  readonly #members = new Map<string, Member>()
  readonly #datacenters = new Map<string, Datacenter>()
  #sweepAtMs = 0

  /** @param count of pieces in the swarm */
  constructor(count: number, limits: Partial<TrackerLimits> = {}) {
    this.#count = count
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /** Whoever announces himself is in the swarm until he has been silent for longer than he was told to be. */
  announce(who: Announced, nowMs: number, random: () => number): AnnouncementAnswer {
    this.#forgetSilent(nowMs)
    const member = this.#member(who, nowMs)
    if (member === null) return { neighbours: [], mayAsk: true, nextMs: MAX_NEXT_MS }
    const datacenter = this.#datacenter(who.dc)
    if (this.#isComplete(member)) {
      datacenter.complete.add(member)
      this.#dropLinksToComplete(member)
    } else datacenter.complete.delete(member)
    if (who.starving && member.links.size >= LINKS) this.#dropPoorest(member)
    this.#link(member, datacenter, random)
    const hasNeed = this.#hasNeed(member, datacenter)
    if (!hasNeed) datacenter.askers.leave(who.host)
    const mayAsk = hasNeed && datacenter.askers.mayAsk(who.host, who.starving, nowMs)
    const nextMs = this.#nextMs(member, datacenter, mayAsk, nowMs, random)
    member.aliveUntilMs = nowMs + nextMs + GRACE_MS
    return { neighbours: [...member.links].map((link) => neighbourOf(link.who)), mayAsk, nextMs }
  }

  /** The host has said that it goes, or cannot be reached. */
  leave(host: string): void {
    const member = this.#members.get(host)
    if (member === undefined) return
    this.#members.delete(host)
    const { dc, rack } = member.who
    const datacenter = this.#datacenter(dc)
    datacenter.all.remove(member)
    datacenter.racks.get(rack)?.remove(member)
    if (datacenter.racks.get(rack)?.size === 0) datacenter.racks.delete(rack)
    if (datacenter.all.size === 0) this.#datacenters.delete(dc)
    datacenter.complete.delete(member)
    datacenter.askers.leave(host)
    for (const link of member.links) unlink(member, link)
  }

  /** Nobody is left who has announced himself lately. */
  isEmpty(nowMs: number): boolean {
    this.#forgetSilent(nowMs)
    return this.#members.size === 0
  }

  get size(): number {
    return this.#members.size
  }

  #hasNeed(member: Member, { all, complete }: Datacenter): boolean {
    return !this.#isComplete(member) && (member.who.starving || complete.size < Math.max(ENOUGH_COMPLETE, all.size * ENOUGH_COMPLETE_SHARE))
  }

  /** Null: the swarm is full. */
  #member(who: Announced, nowMs: number): Member | null {
    const known = this.#members.get(who.host)
    if (known !== undefined && known.who.dc === who.dc && known.who.rack === who.rack) {
      known.who = who
      return known
    }
    this.leave(who.host)
    if (this.#members.size >= this.#limits.maxMembers) return null
    const member = { who, sinceMs: nowMs, links: new Set<Member>(), aliveUntilMs: Infinity }
    this.#members.set(who.host, member)
    const { all, racks } = this.#datacenter(who.dc)
    all.add(member)
    const rack = racks.get(who.rack) ?? new Crowd<Member>()
    rack.add(member)
    racks.set(who.rack, rack)
    return member
  }

  #datacenter(dc: string): Datacenter {
    const known = this.#datacenters.get(dc)
    if (known !== undefined) return known
    const made = { all: new Crowd<Member>(), racks: new Map<string, Crowd<Member>>(), complete: new Set<Member>(), askers: new Askers(this.#limits.askers) }
    this.#datacenters.set(dc, made)
    return made
  }

  #isComplete({ who }: Member): boolean {
    return who.have >= this.#count
  }

  /** Some in the same rack, at least one beyond it; where all are full, between two of them. */
  #link(member: Member, { all, racks }: Datacenter, random: () => number): void {
    const rack = racks.get(member.who.rack) ?? all
    const enough = Math.min(LINKS, all.size - 1)
    let inRack = [...member.links].filter(({ who }) => who.rack === member.who.rack).length
    for (let draws = 0; draws < DRAWS_PER_ANNOUNCEMENT; draws++) {
      const isCutOff = inRack === member.links.size && all.size > rack.size
      if (member.links.size >= enough && !isCutOff) return
      const isRacksTurn = member.links.size < enough && inRack < Math.min(LINKS_IN_RACK, rack.size - 1)
      const other = this.#draw(member, isRacksTurn ? rack : all, random)
      if (other === null) continue
      if (other.links.size < MAX_LINKS) link(member, other)
      else stepBetween(member, other, random)
      if (other.who.rack === member.who.rack) inRack++
    }
  }

  #draw(member: Member, from: Crowd<Member>, random: () => number): Member | null {
    let best: Member | null = null
    for (let drawn = 0; drawn < DRAWN_PER_LINK; drawn++) {
      const other = from.draw(random)
      if (other === undefined || other === member || member.links.has(other) || this.#isUseless(member, other)) continue
      if (best === null || isBetter(other, best)) best = other
    }
    return best
  }

  /** Two who have everything have nothing to say to each other. */
  #isUseless(member: Member, other: Member): boolean {
    return this.#isComplete(member) && this.#isComplete(other)
  }

  #dropLinksToComplete(member: Member): void {
    for (const other of member.links) if (this.#isComplete(other)) unlink(member, other)
  }

  #dropPoorest(member: Member): void {
    const [poorest] = [...member.links].sort((a, b) => a.who.have - b.who.have)
    if (poorest !== undefined) unlink(member, poorest)
  }

  #nextMs(member: Member, { all }: Datacenter, mayAsk: boolean, nowMs: number, random: () => number): number {
    const links = this.#isComplete(member) ? LINKS : member.links.size
    if (links < LINKS && nowMs - member.sinceMs < NEWCOMER_MS) return NEWCOMER_NEXT_MS
    if (mayAsk || links < Math.min(LINKS, all.size - 1)) return SOON_MS
    // By chance: those who came at the same time would all be silent at the same time, and the right to ask the relay would lie idle meanwhile.
    return Math.round(Math.min(Math.max(this.#members.size / ANNOUNCEMENTS_PER_MS, MIN_NEXT_MS) * (0.5 + random()), MAX_NEXT_MS))
  }

  #forgetSilent(nowMs: number): void {
    if (nowMs < this.#sweepAtMs) return
    this.#sweepAtMs = nowMs + MIN_NEXT_MS
    for (const [host, { aliveUntilMs }] of this.#members) if (aliveUntilMs < nowMs) this.leave(host)
  }
}

function isBetter(one: Member, other: Member): boolean {
  if ((one.who.have > 0) !== (other.who.have > 0)) return one.who.have > 0
  return one.links.size < other.links.size
}

function link(one: Member, other: Member): void {
  one.links.add(other)
  other.links.add(one)
}

function unlink(one: Member, other: Member): void {
  one.links.delete(other)
  other.links.delete(one)
}

/** a – b becomes a – member – b: nobody but the newcomer has more neighbours than before. */
function stepBetween(member: Member, a: Member, random: () => number): void {
  const others = [...a.links].filter((other) => other !== member && !member.links.has(other))
  const b = others[Math.floor(random() * others.length)]
  if (b === undefined) return
  unlink(a, b)
  link(member, a)
  link(member, b)
}

function neighbourOf({ host, address, port, rack }: Announced): Neighbour {
  return { host, address, port, rack }
}
