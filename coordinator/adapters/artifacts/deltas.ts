/**
 * Differences between two artifacts: those that have been made, and the making of others, off the event loop and one at a time. That one is not worth the while is
 * remembered as well.
 */
import type { OfferedDelta } from '../../../shared/distribution/offer.ts'
import type { Kept } from './commit.ts'
import { readDelta } from './records.ts'

export class Deltas {
  readonly #kept: Kept

  constructor(kept: Kept) {
    this.#kept = kept
  }

  async get(base: string, artifact: string): Promise<OfferedDelta | null> {
    return (await readDelta(this.#kept.objects, base, artifact))?.offered ?? null
  }

  /** Not made yet. */
  async make(base: string, artifact: string, _signal: AbortSignal): Promise<OfferedDelta | null> {
    return this.get(base, artifact)
  }
}
