/**
 * A tar becomes pieces: taken apart, cut into chunks, runs of chunks compressed to packs, their list into pages, and a root over all. Equal bytes make equal
 * pieces, so what other artifacts have brought is neither kept nor compressed again. Memory stays flat however large the tar is. Nothing is an artifact
 * before its record says so (commit.ts).
 */
import type { FileHandle } from 'node:fs/promises'
import type { Artifact } from '../../../shared/command.ts'
import { encodeManifest, encodePage, pagesOf, pieceOf } from '../../../shared/distribution/manifest-codec.ts'
import type { Pack } from '../../../shared/distribution/manifest.ts'
import { encodePack, runDigest, runsOf } from '../../../shared/distribution/pack.ts'
import type { Run } from '../../../shared/distribution/pack.ts'
import { pieceSchema } from '../../../shared/distribution/piece.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import { fileAt } from '../../../shared/distribution/read-at.ts'
import { takeApart } from '../../../shared/distribution/take-apart.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { pieceKey, runKey } from './records.ts'

/** Runs that are being compressed or put at once. */
const AT_ONCE = 4

/** @returns the root of the manifest; equal for equal tars. @throws MusterError unavailable */
export async function ingest(objects: ObjectStore, tar: FileHandle, artifact: Artifact): Promise<Piece> {
  const apart = await takeApart(fileAt(tar), artifact.sizeBytes)
  let layoutBytes = 0
  const runs = async function* () {
    for await (const run of runsOf(apart.layout(), artifact.sizeBytes)) {
      layoutBytes += run.bytes.length
      yield run
    }
    yield* runsOf(apart.contents(), artifact.sizeBytes)
  }
  const packs = await keepRuns(objects, runs())
  const pages: Piece[] = []
  for (const page of pagesOf(packs)) pages.push(await keepPiece(objects, await encodePage(page)))
  const packBytes = packs.reduce((total, pack) => total + pack.sizeBytes, 0)
  const { contentBytes } = apart
  return keepPiece(objects, await encodeManifest({ version: 1, artifact, layoutBytes, contentBytes, packs: packs.length, packBytes, pages }))
}

/** Made young again where it is there already, so that it is not collected before the record that needs it is put. */
export async function keepPiece(objects: ObjectStore, bytes: Buffer): Promise<Piece> {
  const piece = pieceOf(bytes)
  const key = pieceKey(piece.digest)
  if (!(await objects.touch(key))) await objects.put(key, bytes)
  return piece
}

async function keepRuns(objects: ObjectStore, runs: AsyncIterable<Run>): Promise<Pack[]> {
  const packs: Promise<Pack>[] = []
  for await (const run of runs) {
    const pack = keepRun(objects, run)
    // whoever waits for it below meets the error
    pack.catch(() => undefined)
    packs.push(pack)
    await packs[packs.length - AT_ONCE]
  }
  return Promise.all(packs)
}

/** One run of chunks is one pack, for whichever artifact it was compressed first. */
async function keepRun(objects: ObjectStore, run: Run): Promise<Pack> {
  const { chunks } = run
  const key = runKey(runDigest(chunks))
  const known = await objects.get(key)
  const piece = known === null ? null : pieceSchema.safeParse(JSON.parse(known.toString())).data
  if (piece && (await objects.touch(pieceKey(piece.digest)))) return { ...piece, chunks }
  const packed = await encodePack(run)
  const kept = pieceOf(packed)
  // not looked for first: most likely nobody has it
  await objects.put(pieceKey(kept.digest), packed)
  await objects.put(key, Buffer.from(JSON.stringify(kept)))
  return { ...kept, chunks }
}
