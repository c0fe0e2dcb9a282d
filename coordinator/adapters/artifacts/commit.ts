/**
 * Records come here alone. None is put unless all pieces that it needs are there, as seen in the turn in which it is put; whoever removes pieces does that in a
 * turn of his own, after another look at the records. So no record is ever there without its pieces.
 */
import type { Artifact } from '../../../shared/command.ts'
import type { Exclusively } from './exclusive.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { neededByArtifact, neededByDelta } from './needs.ts'
import { artifactKey, deltaKey, pieceKey, readArtifact, recordBytes } from './records.ts'
import type { ArtifactRecord, DeltaRecord } from './records.ts'
import { several } from './several.ts'

/** Longer than making anything takes, and than clocks disagree. */
export const COLLECT_AFTER_MS = 24 * 3_600_000

/** `graceMs`: what is younger is not collected. */
export type Kept = { objects: ObjectStore; exclusively: Exclusively; clock: () => number; graceMs: number }

/** False: something that it needs is gone, so it has to be made again. */
export async function commitArtifact({ objects, exclusively }: Kept, record: ArtifactRecord): Promise<boolean> {
  return exclusively(async (turn) => {
    if (!(await areThere(objects, await neededByArtifact(objects, record.root)))) return false
    await turn.confirm()
    await objects.put(artifactKey(record.artifact.digest), recordBytes(record))
    return true
  })
}

/** The artifact, whole, as young as a new one; null: it is not here, or something of it is missing. */
export async function renew({ objects, exclusively }: Kept, digest: string): Promise<Artifact | null> {
  return exclusively(async () => {
    const record = await readArtifact(objects, digest)
    if (record === null || !(await areThere(objects, await neededByArtifact(objects, record.root)))) return null
    return (await objects.touch(artifactKey(digest))) ? record.artifact : null
  })
}

/** False: something that it needs is gone, or one of both artifacts. */
export async function commitDelta({ objects, exclusively }: Kept, pair: { base: string; artifact: string }, record: DeltaRecord): Promise<boolean> {
  return exclusively(async (turn) => {
    for (const digest of [pair.base, pair.artifact]) if ((await objects.stat(artifactKey(digest))) === null) return false
    const needed = record.offered === null ? [] : await neededByDelta(objects, record.offered.root)
    if (!(await areThere(objects, needed))) return false
    await turn.confirm()
    await objects.put(deltaKey(pair.base, pair.artifact), recordBytes(record))
    return true
  })
}

/** The artifact, which is from now on as safe from being collected as a new one; null: it is not here. */
export async function hold({ objects, exclusively, clock, graceMs }: Kept, digest: string): Promise<Artifact | null> {
  const record = await readArtifact(objects, digest)
  const info = record === null ? null : await objects.stat(artifactKey(digest))
  if (record === null || info === null) return null
  // nobody can be about to remove one that is so young
  if (clock() - info.changedAtMs < graceMs / 2) return record.artifact
  return exclusively(async () => ((await objects.touch(artifactKey(digest))) ? record.artifact : null))
}

async function areThere(objects: ObjectStore, digests: readonly string[] | null): Promise<boolean> {
  if (digests === null) return false
  return (await several(digests, async (digest) => (await objects.stat(pieceKey(digest))) !== null)).every(Boolean)
}
