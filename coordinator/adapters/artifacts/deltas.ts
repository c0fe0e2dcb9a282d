/**
 * Differences between two artifacts: those that have been made, and the making of others, one at a time. That one is not worth the while is remembered as well.
 * They only spare bytes: whatever goes wrong in making one is logged, and there is none.
 */
import { setMaxListeners } from 'node:events'
import type { OfferedDelta } from '../../../shared/distribution/offer.ts'
import { commitDelta } from './commit.ts'
import { difference } from './difference.ts'
import type { DifferenceJob } from './difference-thread.ts'
import { readArtifact, readDelta } from './records.ts'
import type { ArtifactRecord } from './records.ts'
import { HERE_UP_TO_BYTES, inThread } from './thread.ts'
import type { Work } from './thread.ts'
import { Turnstile } from './turnstile.ts'

/** Two releases of the largest package that there may be. */
const MADE_WITHIN_MS = 60 * 60_000
/** Pairs that wait; whoever asks for one more has none. */
const MAX_WAITING = 64

const THREAD = new URL('./difference-thread.ts', import.meta.url)

export class Deltas {
  readonly #work: Work
  readonly #turnstile = new Turnstile(1, MAX_WAITING)
  readonly #underway = new Map<string, Promise<OfferedDelta | null>>()

  constructor(work: Work) {
    this.#work = work
    setMaxListeners(0, work.signal)
  }

  async get(base: string, artifact: string): Promise<OfferedDelta | null> {
    return (await readDelta(this.#work.kept.objects, base, artifact))?.offered ?? null
  }

  async make(base: string, artifact: string, signal: AbortSignal): Promise<OfferedDelta | null> {
    const known = await readDelta(this.#work.kept.objects, base, artifact)
    if (known !== null || base === artifact || signal.aborted) return known?.offered ?? null
    const aborted = Promise.withResolvers<null>()
    const abort = () => aborted.resolve(null)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([this.#once(base, artifact), aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Resolves when none is being made. */
  async settled(): Promise<void> {
    await Promise.all(this.#underway.values())
  }

  #once(base: string, artifact: string): Promise<OfferedDelta | null> {
    const pair = `${base} ${artifact}`
    const underway = this.#underway.get(pair)
    if (underway !== undefined) return underway
    if (this.#turnstile.isFull || this.#work.signal.aborted) return Promise.resolve(null)
    const making = this.#turnstile
      .through(() => this.#make(base, artifact))
      .catch((error: unknown) => {
        if (!this.#work.signal.aborted) this.#work.log.warn({ err: error, base, artifact }, 'a difference cannot be made; hosts fetch the whole release')
        return null
      })
      .finally(() => this.#underway.delete(pair))
    this.#underway.set(pair, making)
    return making
  }

  async #make(base: string, artifact: string): Promise<OfferedDelta | null> {
    const { kept } = this.#work
    const [before, after] = await Promise.all([base, artifact].map((digest) => readArtifact(kept.objects, digest)))
    if (!before || !after) return null
    const offered = await this.#difference(before, after)
    return (await commitDelta(kept, { base, artifact }, { offered })) ? offered : null
  }

  #difference(before: ArtifactRecord, after: ArtifactRecord): Promise<OfferedDelta | null> {
    const { kept, place, signal } = this.#work
    const isSmall = before.artifact.sizeBytes + after.artifact.sizeBytes <= HERE_UP_TO_BYTES
    if (place === null || isSmall) return difference(kept.objects, before.root, after.root)
    const ended = AbortSignal.any([signal, AbortSignal.timeout(MADE_WITHIN_MS)])
    return inThread<DifferenceJob, OfferedDelta | null>(THREAD, { place, base: before.root, next: after.root }, ended)
  }
}
