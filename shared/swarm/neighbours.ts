/**
 * The peers that a host knows in a swarm and how rare each piece is among them. The counts follow every piece of news, so that choosing looks at no
 * bitmap twice.
 */
import { Bitmap, lowestBit } from './bitmap.ts'
import { Standing } from './standing.ts'

export type Peer = { name: string; have: Bitmap; standing: Standing }

/** Of hosts that are neighbours no more, so many are remembered for what they did. */
const MAX_REMEMBERED = 256

export class Neighbours {
  readonly #count: number
  /** How many neighbours have each piece. */
  readonly #holders: Uint16Array
  readonly #peers = new Map<string, Peer>()
  readonly #former = new Map<string, Standing>()
  #list: readonly Peer[] = []

  constructor(count: number) {
    this.#count = count
    this.#holders = new Uint16Array(count)
  }

  /** In place of those that there were; what is known of who stays does, and a bad name follows who comes back. */
  replace(names: readonly string[]): void {
    const wanted = new Set(names)
    for (const [name, peer] of this.#peers) if (!wanted.has(name)) this.#remove(name, peer)
    for (const name of wanted) if (!this.#peers.has(name)) this.#add(name)
    this.#list = [...this.#peers.values()]
  }

  get list(): readonly Peer[] {
    return this.#list
  }

  heard(name: string, have: Bitmap): void {
    const peer = this.#peers.get(name)
    if (peer === undefined || peer.standing.isBanned) return
    const words = Math.min(have.words.length, peer.have.words.length)
    for (let at = 0; at < words; at++) {
      for (let news = have.words[at]! & ~peer.have.words[at]!; news !== 0; news &= news - 1) {
        const index = at * 32 + lowestBit(news)
        if (peer.have.set(index)) this.#holders[index]!++
      }
    }
  }

  /** It has said that it has it, and has it not. */
  lacks(peer: Peer, index: number): void {
    if (peer.have.clear(index) && this.#peers.get(peer.name) === peer) this.#holders[index]!--
  }

  /** What he says to have makes no piece less rare. */
  ban(peer: Peer): void {
    peer.standing.ban()
    for (const index of peer.have.indexes()) this.lacks(peer, index)
  }

  /** How many of them something is to be hoped for from. */
  get useful(): number {
    let useful = 0
    for (const { standing } of this.#list) if (!standing.isGivenUp) useful++
    return useful
  }

  /**
   * Of those who have something open and may be asked for more: who has little to do for us and answers fast, mostly. Null: nobody.
   *
   * @param most requests under way to one of them
   * @param usualMs how long answers take of those that have given none
   */
  leastLoaded(open: Bitmap, most: number, usualMs: number, nowMs: number, random: () => number): Peer | null {
    let [chosen, least]: [Peer | null, number] = [null, Infinity]
    for (const peer of this.#list) {
      const { standing } = peer
      if (!standing.mayTake(most, nowMs) || !peer.have.intersects(open)) continue
      const load = (standing.underWay + 1) * (standing.answerMs || usualMs || 1) * (0.5 + random())
      if (load < least) [chosen, least] = [peer, load]
    }
    return chosen
  }

  /** The one of both sets' common pieces that the fewest have; equally rare ones by chance. */
  rarest(among: Bitmap, and: Bitmap, random: () => number): number | null {
    let [chosen, fewest, equals] = [-1, Infinity, 0]
    for (let at = 0; at < among.words.length; at++) {
      for (let word = among.words[at]! & and.words[at]!; word !== 0; word &= word - 1) {
        const index = at * 32 + lowestBit(word)
        const holders = this.#holders[index]!
        if (holders > fewest) continue
        equals = holders < fewest ? 1 : equals + 1
        fewest = holders
        if (equals === 1 || random() * equals < 1) chosen = index
      }
    }
    return chosen < 0 ? null : chosen
  }

  #add(name: string): void {
    const standing = this.#former.get(name) ?? new Standing('new')
    this.#former.delete(name)
    this.#peers.set(name, { name, have: new Bitmap(this.#count), standing })
  }

  #remove(name: string, peer: Peer): void {
    for (const index of peer.have.indexes()) this.#holders[index]!--
    this.#peers.delete(name)
    this.#former.set(name, peer.standing)
    const oldest = this.#former.keys().next()
    if (this.#former.size > MAX_REMEMBERED && oldest.done !== true) this.#former.delete(oldest.value)
  }
}
