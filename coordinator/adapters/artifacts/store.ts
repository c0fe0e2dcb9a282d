/**
 * The artifact store: packages come in as streams, are checked into a file of their own, taken apart into pieces, and are there once their record is.
 * Works on any store of objects (objects/), which other coordinators may use too; what is on its way in lies apart for each coordinator, and what one left
 * behind when it crashed is removed when it opens the store again.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Artifact } from '../../../shared/command.ts'
import { DIGEST_PATTERN, sha256 } from '../../../shared/digest.ts'
import type { OfferedDelta } from '../../../shared/distribution/offer.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import { rejoin } from '../../../shared/distribution/rejoin.ts'
import { MusterError, problem } from '../../../shared/errors.ts'
import type { ArtifactStore, Collected, OpenArtifact, Upload } from '../../engine/ports/artifacts.ts'
import type { PieceStore } from '../../engine/ports/pieces.ts'
import { collect } from './collect.ts'
import { hold, renew } from './commit.ts'
import type { Kept } from './commit.ts'
import type { Deltas } from './deltas.ts'
import type { FormerFiles } from './former-files.ts'
import type { Intake } from './intake.ts'
import { ofDisk } from './objects/file-objects.ts'
import { pieceKey, readArtifact } from './records.ts'
import { receive, type ReceiveOptions } from './receive.ts'
import { openStreams } from './streams.ts'

/** In an upload's own directory. */
const TAR = 'tar'

export type StoreParts = { kept: Kept; incoming: string; former: FormerFiles; intake: Intake; deltas: Deltas; receiving: ReceiveOptions }

export class Artifacts implements ArtifactStore, PieceStore {
  readonly #parts: StoreParts

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  async put(bytes: Readable, declared: Upload): Promise<Artifact> {
    const { incoming, intake, kept } = this.#parts
    // One that breaks off before anybody reads it would otherwise be nobody's error, and end the process; the reader meets it again.
    bytes.on('error', () => undefined)
    const upload = join(incoming, randomUUID())
    await mkdir(upload)
    try {
      const artifact = await this.#receive(upload, bytes, declared)
      if ((await renew(kept, artifact.digest)) === null) await intake.takeIn(join(upload, TAR), artifact)
      return artifact
    } catch (error) {
      throw ofUpload(error, declared)
    } finally {
      await rm(upload, { recursive: true, force: true })
    }
  }

  async open(digest: string): Promise<OpenArtifact> {
    const root = await this.manifest(digest)
    if (root === null) throw problem('artifact_unknown', `there is no artifact ${digest}`, { field: 'digest', expected: 'one in the store' })
    const streams = await openStreams(this.#parts.kept.objects, root)
    const { sizeBytes } = streams.manifest.artifact
    return { stream: Readable.from(checked(rejoin(streams, sizeBytes), digest), { objectMode: false }), sizeBytes }
  }

  async stat(digest: string): Promise<Artifact | null> {
    const record = await readArtifact(this.#parts.kept.objects, digest)
    return record?.artifact ?? (await this.#parts.former.find(digest))?.artifact ?? null
  }

  async hold(digest: string): Promise<Artifact | null> {
    if (!DIGEST_PATTERN.test(digest)) return null
    // what still lies there as a file is taken in, so that it can be held
    return (await this.manifest(digest)) === null ? null : hold(this.#parts.kept, digest)
  }

  async manifest(digest: string): Promise<Piece | null> {
    const record = await readArtifact(this.#parts.kept.objects, digest)
    if (record !== null) return record.root
    const former = await this.#parts.former.find(digest)
    if (former === null) return null
    const root = await this.#parts.intake.takeIn(former.path, former.artifact)
    await this.#parts.former.remove(digest)
    return root
  }

  async piece(digest: string): Promise<Uint8Array | null> {
    if (!DIGEST_PATTERN.test(digest)) return null
    const bytes = await this.#parts.kept.objects.get(pieceKey(digest))
    return bytes !== null && sha256(bytes) === digest ? bytes : null
  }

  delta(base: string, artifact: string): Promise<OfferedDelta | null> {
    return this.#parts.deltas.get(base, artifact)
  }

  async makeDelta(base: string, artifact: string, signal: AbortSignal): Promise<OfferedDelta | null> {
    return this.#parts.deltas.make(base, artifact, signal)
  }

  async collect(needed: ReadonlySet<string>, signal: AbortSignal): Promise<Collected> {
    const { kept, former } = this.#parts
    for await (const { digest, changedAtMs } of former.all()) {
      const isGarbage = !needed.has(digest) && kept.clock() - changedAtMs >= kept.graceMs
      if (isGarbage || (await readArtifact(kept.objects, digest)) !== null) await former.remove(digest)
    }
    return collect(kept, needed, signal)
  }

  async #receive(upload: string, bytes: Readable, declared: Upload): Promise<Artifact> {
    const file = await open(join(upload, TAR), 'wx')
    try {
      return await receive(bytes, file, declared, this.#parts.receiving)
    } finally {
      await file.close()
    }
  }
}

async function* checked(tar: AsyncIterable<Buffer>, digest: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const bytes of tar) {
    hash.update(bytes)
    yield bytes
  }
  if (hash.digest('hex') !== digest) throw problem('artifact_unknown', `what the store has of ${digest} is something else`)
}

/** Names the package in a refusal. */
function ofUpload(error: unknown, { field }: Upload): unknown {
  const told = ofDisk(error)
  return told instanceof MusterError ? new MusterError({ ...told.problem, field }, { cause: error }) : error
}
