/** Takes tars in that lie whole in a file: what is large in a thread, two at once, and the same one once, however many bring it. */
import { open } from 'node:fs/promises'
import type { Artifact } from '../../../shared/command.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import { problem } from '../../../shared/errors.ts'
import { commitArtifact } from './commit.ts'
import { ingest } from './ingest.ts'
import type { IngestJob } from './ingest-thread.ts'
import { HERE_UP_TO_BYTES, inThread } from './thread.ts'
import type { Work } from './thread.ts'
import { Turnstile } from './turnstile.ts'

const THREADS = 2
/** Tars that wait for a thread; each lies in a file, so it is disk that they take. */
const MAX_WAITING = 256
/** The collection of garbage may take something away in between, if nothing has happened for a day. */
const MAX_TRIES = 3

const THREAD = new URL('./ingest-thread.ts', import.meta.url)

export class Intake {
  readonly #work: Work
  readonly #threads = new Turnstile(THREADS, MAX_WAITING)
  readonly #underway = new Map<string, Promise<Piece>>()

  constructor(work: Work) {
    this.#work = work
  }

  /** @returns the root of its manifest, once its record is there. @throws MusterError unavailable */
  async takeIn(tar: string, artifact: Artifact): Promise<Piece> {
    const { digest } = artifact
    const underway = this.#underway.get(digest)
    if (underway !== undefined) return underway
    const work = this.#takeIn(tar, artifact).finally(() => this.#underway.delete(digest))
    this.#underway.set(digest, work)
    return work
  }

  async #takeIn(tar: string, artifact: Artifact): Promise<Piece> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const root = await this.#ingest(tar, artifact)
      if (await commitArtifact(this.#work.kept, { artifact, root })) return root
    }
    throw problem('unavailable', 'what this package shares with others was taken away while it was taken in', { expected: 'the same again' })
  }

  async #ingest(tar: string, artifact: Artifact): Promise<Piece> {
    const { kept, place, signal } = this.#work
    if (place !== null && artifact.sizeBytes > HERE_UP_TO_BYTES) {
      return this.#threads.through(() => inThread<IngestJob, Piece>(THREAD, { place, tar, artifact }, signal))
    }
    const file = await open(tar)
    try {
      return await ingest(kept.objects, file, artifact)
    } finally {
      await file.close()
    }
  }
}
