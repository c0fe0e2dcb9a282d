/**
 * An artifact out of its stream: the stream lies in a file while it is needed, since the tar's order is another than the stream's, and is taken for the
 * artifact only when the SHA-256 of the tar that it makes says so.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Artifact } from '../../shared/command.ts'
import { fileAt } from '../../shared/distribution/read-at.ts'
import { rejoin } from '../../shared/distribution/rejoin.ts'
import type { Streams } from './held.ts'

type Sizes = Pick<Streams, 'layoutBytes' | 'contentBytes'>

/** The pieces were right, each for itself, or were taken to be; together they are something else. */
export class WrongArtifactError extends Error {}

/** The artifact's bytes, in order. */
export async function* tarFrom(file: string, { layoutBytes, contentBytes }: Sizes, sizeBytes: number): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r')
  try {
    yield* rejoin({ read: fileAt(handle), layoutBytes, contentBytes }, sizeBytes)
  } finally {
    await handle.close()
  }
}

/** Rejects with a WrongArtifactError unless the stream in `file` makes the artifact. */
export async function verifyStream(file: string, sizes: Sizes, artifact: Artifact, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256')
  try {
    for await (const bytes of tarFrom(file, sizes, artifact.sizeBytes)) {
      signal.throwIfAborted()
      hash.update(bytes)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw new WrongArtifactError(`what was fetched makes no artifact: ${(error as Error).message}`)
  }
  const digest = hash.digest('hex')
  if (digest !== artifact.digest) throw new WrongArtifactError(`what was fetched has SHA-256 ${digest}, expected ${artifact.digest}`)
}
