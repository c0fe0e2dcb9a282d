/** Fetches an artifact by its manifest: root, pages, packs. What is here already, of whichever release, is not fetched. */
import { decodeManifest, rawBytesOf } from '../../shared/distribution/manifest-codec.ts'
import type { Manifest, Pack } from '../../shared/distribution/manifest.ts'
import type { Piece } from '../../shared/distribution/piece.ts'
import { verifyStream } from './artifact.ts'
import { GrowingStream } from './growing-stream.ts'
import type { Streams } from './held.ts'
import { ManifestPieces } from './numbered.ts'
import type { Room } from './room.ts'
import type { Slice } from './slices.ts'
import { withFile } from './stream.ts'
import { rootBytes, takePart } from './take-part.ts'
import type { FetchMeans, Wanted } from './take-part.ts'

/** Rejects with a WrongArtifactError or PackLostError when pieces turn out to be damaged. Otherwise the stream lies in the file, and makes the artifact. */
export async function fetchByPacks(root: Piece, wanted: Wanted, means: FetchMeans, signal: AbortSignal): Promise<Streams> {
  const { artifact, file } = wanted
  const manifest = await decodeManifest(await rootBytes(root, wanted, means, signal))
  if (manifest.artifact.digest !== artifact.digest) throw new Error(`the manifest ${root.digest} is that of another package`)
  const pieces = await piecesOf(manifest, means.room)
  const pageBytes = manifest.pages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  await withFile(file, async (handle) => {
    const stream = new GrowingStream(handle, pieces, means.room)
    const totalBytes = pageBytes + manifest.packBytes
    await takePart({ root, pieces, alsoNeeded: [], totalBytes, delta: false, onKept: (index, bytes) => stream.came(index, bytes) }, wanted, means, signal)
    await stream.complete(signal)
  })
  const { layoutBytes, contentBytes } = manifest
  const streams = { layoutBytes, contentBytes, slices: pieces.packs().map(wholeOf) }
  await verifyStream(file, streams, artifact, signal)
  return streams
}

/** With what the pages say that are here. */
async function piecesOf(manifest: Manifest, room: Room): Promise<ManifestPieces> {
  const pieces = new ManifestPieces(manifest)
  for (const [index, { digest }] of manifest.pages.entries()) {
    const page = await room.read(digest)
    if (page) await pieces.learn(index, page)
  }
  return pieces
}

function wholeOf(pack: Pack): Slice {
  return { pack: pack.digest, offsetBytes: 0, sizeBytes: rawBytesOf(pack) }
}
