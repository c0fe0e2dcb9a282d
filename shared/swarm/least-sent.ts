/**
 * Which piece whoever gives out any of them gives: the one that it has given out least, so that every piece is among the hosts once before any leaves
 * the origin twice (super-seeding). A piece counts as given when it is promised, so that two who ask at the same time get different ones.
 */
import { type Bitmap, lowestBit } from './bitmap.ts'

export class LeastSent {
  readonly #sent: Uint32Array

  /** @param count of pieces in the swarm */
  constructor(count: number) {
    this.#sent = new Uint32Array(count)
  }

  /**
   * Equally often given ones: by chance. The chosen one counts as given.
   *
   * @param obtainable what is here or arriving
   * @returns null: nothing of what is wanted is here or arriving; then one that is not may be fetched: `choose(wanted, wanted, random)`
   */
  choose(wanted: Bitmap, obtainable: Bitmap, random: () => number): number | null {
    let [chosen, least, equals] = [-1, Infinity, 0]
    for (let at = 0; at < wanted.words.length; at++) {
      for (let word = wanted.words[at]! & (obtainable.words[at] ?? 0); word !== 0; word &= word - 1) {
        const index = at * 32 + lowestBit(word)
        const sent = this.#sent[index]!
        if (sent > least) continue
        equals = sent < least ? 1 : equals + 1
        least = sent
        if (equals === 1 || random() * equals < 1) chosen = index
      }
    }
    if (chosen < 0) return null
    this.gave(chosen)
    return chosen
  }

  /** A piece that was asked for by its number was given. */
  gave(index: number): void {
    if (index < this.#sent.length) this.#sent[index]!++
  }

  /** It was broken off, or failed, before it was over there. */
  takenBack(index: number): void {
    if (index < this.#sent.length && this.#sent[index]! > 0) this.#sent[index]!--
  }
}
