/**
 * Which piece whoever gives out any of them gives: the one that it has given out least, so that every piece is among the hosts once before any leaves
 * the origin twice (super-seeding). A piece counts as given when it is promised, so that two who ask at the same time get different ones.
 */
import type { Bitmap } from './bitmap.ts'

export class LeastSent {
  constructor(_count: number) {}

  /**
   * Equally often given ones: by chance. The chosen one counts as given.
   *
   * @param obtainable what is here or arriving
   * @returns null: nothing of what is wanted is here or arriving; then one that is not may be fetched: `choose(wanted, wanted, random)`
   */
  choose(_wanted: Bitmap, _obtainable: Bitmap, _random: () => number): number | null {
    throw new Error('not yet')
  }

  /** A piece that was asked for by its number was given. */
  gave(_index: number): void {}

  /** It was broken off, or failed, before it was over there. */
  takenBack(_index: number): void {}
}
