/** Which pieces a record needs: what its root names, and what the pages name in turn. */
import { decodeDelta } from '../../../shared/distribution/delta-apply.ts'
import { decodeManifest, decodePage } from '../../../shared/distribution/manifest-codec.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import { MusterError } from '../../../shared/errors.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { pieceKey } from './records.ts'
import { several } from './several.ts'

/** Null: a root or page is not here or is not what it should be, so that nobody can say. @throws MusterError unavailable */
export async function neededByArtifact(objects: ObjectStore, root: Piece): Promise<string[] | null> {
  return orNull(async () => {
    const { pages } = await decodeManifest(await bytesOf(objects, root))
    const decoded = await several(pages, async (page) => decodePage(await bytesOf(objects, page)))
    return [root, ...pages, ...decoded.flatMap(({ packs }) => packs)].map(({ digest }) => digest)
  })
}

/** Likewise. */
export async function neededByDelta(objects: ObjectStore, root: Piece): Promise<string[] | null> {
  return orNull(async () => {
    const { parts } = await decodeDelta(await bytesOf(objects, root))
    return [root, ...parts].map(({ digest }) => digest)
  })
}

class MissingError extends Error {}

async function bytesOf(objects: ObjectStore, { digest }: Piece): Promise<Buffer> {
  const bytes = await objects.get(pieceKey(digest))
  if (bytes === null) throw new MissingError(digest)
  return bytes
}

async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MissingError || (error instanceof MusterError && error.problem.code === 'piece_invalid')) return null
    throw error
  }
}
