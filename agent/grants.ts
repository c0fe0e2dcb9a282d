/**
 * Leave to fetch packages, and what a coordinator offers with it. Asked for right before a fetch, and again when it has run out or the session in which it
 * was asked for has ended; kept in memory alone. How long it is good is counted from when it came, so that a clock that is wrong does no harm.
 */
import { once } from 'node:events'
import { GRANT_VALID_MS } from '../shared/artifact-grant.ts'
import type { CommandId } from '../shared/ids.ts'
import { MAX_BASES } from '../shared/distribution/offer.ts'
import type { Source } from '../shared/distribution/offer.ts'
import type { GrantedArtifact } from '../shared/message.ts'
import type { Say } from './means.ts'

/** A coordinator that has not answered by then is asked again: it may have had trouble with its store. */
const ASK_AGAIN_MS = 30_000
/** So often. Whoever comes back within five minutes finds the fetch still waiting. */
const MAX_ASKS = 10
/** A grant that ends so soon may not live to be used. */
const SPARE_MS = 30_000

/** `sources`: who gives out pieces, in the order in which they are to be asked. */
export type Offer = GrantedArtifact & { sources: Source[] }

/** For whom leave is asked. */
export type Asker = { id: CommandId; service: string }

type Wanted = { asker: Asker; answered: AbortController; waiting: number }

export class Grants {
  readonly #say: Say
  readonly #basesFor: (service: string) => string[]
  /** The latest for each artifact; `atMs` on the monotonic clock. */
  readonly #offers = new Map<string, { offer: Offer; atMs: number }>()
  #latest: string | null = null
  /** Commands that wait for an answer. */
  readonly #wanted = new Map<CommandId, Wanted>()

  /** @param basesFor the artifacts that are here whole, those of the service first */
  constructor(say: Say, basesFor: (service: string) => string[]) {
    this.#say = say
    this.#basesFor = basesFor
  }

  /** Rejects when `signal` is aborted, no coordinator gives leave in time, or the one that answers does not have the artifact. */
  async get(asker: Asker, digest: string, signal: AbortSignal): Promise<Offer> {
    this.#forgetDead()
    for (let asks = 0; asks < MAX_ASKS && !this.#offers.has(digest); asks += 1) {
      const tooLate = AbortSignal.timeout(ASK_AGAIN_MS)
      await this.#ask(asker, AbortSignal.any([signal, tooLate]))
      signal.throwIfAborted()
      if (!tooLate.aborted && !this.#offers.has(digest)) throw new Error(`the artifact store does not have ${digest}`)
    }
    const found = this.#offers.get(digest)
    if (found) return found.offer
    throw new Error(`no coordinator has given leave to fetch ${digest}`)
  }

  /** The text of the grant that came last, good or not any more; null: none has come. */
  get latest(): string | null {
    return this.#latest
  }

  /** What a coordinator says. */
  take(id: CommandId, grants: readonly GrantedArtifact[], sources: Source[]): void {
    this.#latest = grants.at(-1)?.grant ?? this.#latest
    for (const granted of grants) this.#offers.set(granted.digest, { offer: { ...granted, sources }, atMs: performance.now() })
    const wanted = this.#wanted.get(id)
    this.#wanted.delete(id)
    wanted?.answered.abort()
  }

  /** It was not accepted: the next one is asked for anew. */
  drop(digest: string): void {
    this.#offers.delete(digest)
  }

  /** Asks again, in a new session, for what has not been answered. */
  repeat(): void {
    for (const { asker } of this.#wanted.values()) this.#sayWanted(asker)
  }

  /** Resolves when the command has been answered, or `signal` is aborted. Whoever asks for the same command meanwhile waits for the same answer. */
  async #ask(asker: Asker, signal: AbortSignal): Promise<void> {
    const { id } = asker
    const wanted: Wanted = this.#wanted.get(id) ?? { asker, answered: new AbortController(), waiting: 0 }
    wanted.waiting += 1
    if (wanted.waiting === 1) {
      this.#wanted.set(id, wanted)
      this.#sayWanted(asker)
    }
    try {
      const over = AbortSignal.any([signal, wanted.answered.signal])
      if (!over.aborted) await once(over, 'abort')
    } finally {
      wanted.waiting -= 1
      if (wanted.waiting === 0 && this.#wanted.get(id) === wanted) this.#wanted.delete(id)
    }
  }

  #sayWanted({ id, service }: Asker): void {
    this.#say({ kind: 'grants-wanted', id, bases: this.#basesFor(service).slice(0, MAX_BASES) }, true)
  }

  #forgetDead(): void {
    const oldest = performance.now() - (GRANT_VALID_MS - SPARE_MS)
    for (const [digest, { atMs }] of this.#offers) if (atMs < oldest) this.#offers.delete(digest)
  }
}
