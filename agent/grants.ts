/**
 * Leave to fetch packages. Asked for right before a fetch, and again when it has run out or the session in which it was asked for has ended;
 * kept in memory alone. How long it is good is counted from when it came, so that a clock that is wrong does no harm.
 */
import { once } from 'node:events'
import { GRANT_VALID_MS } from '../shared/artifact-grant.ts'
import type { CommandId } from '../shared/ids.ts'
import type { GrantedArtifact } from '../shared/message.ts'
import type { Say } from './means.ts'

/** A coordinator that takes longer, or a session that is away for longer, fails one try of a fetch. */
export const GRANT_WITHIN_MS = 30_000
/** A grant that ends so soon may not live to be used. */
const SPARE_MS = 30_000

export class Grants {
  readonly #say: Say
  /** The latest for each artifact; `atMs` on the monotonic clock. */
  readonly #grants = new Map<string, { grant: string; atMs: number }>()
  /** Commands that wait for an answer: of one command, one fetch at a time. */
  readonly #wanted = new Map<CommandId, AbortController>()

  constructor(say: Say) {
    this.#say = say
  }

  /** For the Authorization header. Rejects when `signal` is aborted, or no coordinator gives leave in time. */
  async get(id: CommandId, digest: string, signal: AbortSignal): Promise<string> {
    this.#forgetDead()
    if (!this.#grants.has(digest)) await this.#ask(id, AbortSignal.any([signal, AbortSignal.timeout(GRANT_WITHIN_MS)]))
    signal.throwIfAborted()
    const found = this.#grants.get(digest)
    if (found === undefined) throw new Error(`no coordinator has given leave to fetch ${digest}`)
    return found.grant
  }

  /** What a coordinator says. */
  take(id: CommandId, grants: readonly GrantedArtifact[]): void {
    for (const { digest, grant } of grants) this.#grants.set(digest, { grant, atMs: performance.now() })
    this.#wanted.get(id)?.abort()
  }

  /** It was not accepted: the next one is asked for anew. */
  drop(digest: string): void {
    this.#grants.delete(digest)
  }

  /** Asks again, in a new session, for what has not been answered. */
  repeat(): void {
    for (const id of this.#wanted.keys()) this.#say({ kind: 'grants-wanted', id, bases: [] }, true)
  }

  /** Resolves when the command has been answered, or `signal` is aborted. */
  async #ask(id: CommandId, signal: AbortSignal): Promise<void> {
    const answered = new AbortController()
    this.#wanted.set(id, answered)
    try {
      this.#say({ kind: 'grants-wanted', id, bases: [] }, true)
      const over = AbortSignal.any([signal, answered.signal])
      if (!over.aborted) await once(over, 'abort')
    } finally {
      this.#wanted.delete(id)
    }
  }

  #forgetDead(): void {
    const oldest = performance.now() - (GRANT_VALID_MS - SPARE_MS)
    for (const [digest, { atMs }] of this.#grants) if (atMs < oldest) this.#grants.delete(digest)
  }
}
