/** Makes the difference between two artifacts that are kept, and keeps its pieces; it is there once its record is (commit.ts). */
import { encodeDelta } from '../../../shared/distribution/delta-apply.ts'
import { makeDelta } from '../../../shared/distribution/delta-make.ts'
import type { Whole } from '../../../shared/distribution/delta-make.ts'
import type { OfferedDelta } from '../../../shared/distribution/offer.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import { keepPiece } from './ingest.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { openStreams } from './streams.ts'

/** Of the packs' bytes. Whoever takes more than that as a difference spares less than it costs: packs come from neighbours that want them anyway. */
const WORTH_UP_TO = 0.6

class TooLargeError extends Error {}

/** @returns null when it is not worth the while. @throws MusterError artifact_unknown, piece_invalid, unavailable */
export async function difference(objects: ObjectStore, base: Piece, next: Piece): Promise<OfferedDelta | null> {
  const [before, after] = await Promise.all([base, next].map(async (root): Promise<Whole & { packBytes: number }> => {
    const { manifest, ...streams } = await openStreams(objects, root)
    return { ...streams, artifact: manifest.artifact, packBytes: manifest.packBytes }
  })) as [Whole & { packBytes: number }, Whole & { packBytes: number }]
  const mostBytes = WORTH_UP_TO * after.packBytes
  let totalBytes = 0
  const keep = async (bytes: Buffer): Promise<Piece> => {
    totalBytes += bytes.length
    if (totalBytes > mostBytes) throw new TooLargeError()
    return keepPiece(objects, bytes)
  }
  try {
    const root = await keep(await encodeDelta(await makeDelta(before, after, keep)))
    return { base: before.artifact.digest, root, totalBytes }
  } catch (error) {
    if (error instanceof TooLargeError) return null
    throw error
  }
}
