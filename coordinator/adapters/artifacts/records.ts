/**
 * What the store's objects are called and what the records among them say. A record is what makes an artifact, or a difference between two, be there; it is
 * put last, when all that it needs is there, and removed first.
 *
 *   artifacts/<digest>            ArtifactRecord
 *   deltas/<artifact>/<base>      DeltaRecord
 *   pieces/<2 hex>/<digest>       the bytes
 *   runs/<2 hex>/<digest>         which pack a run of chunks was compressed to; a hint, nothing needs it
 */
import { z } from 'zod'
import type { Artifact } from '../../../shared/command.ts'
import { DIGEST_PATTERN } from '../../../shared/digest.ts'
import type { OfferedDelta } from '../../../shared/distribution/offer.ts'
import { pieceSchema } from '../../../shared/distribution/piece.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import type { ObjectStore } from './objects/object-store.ts'

export const ARTIFACTS = 'artifacts/'
export const DELTAS = 'deltas/'
export const PIECES = 'pieces/'
export const RUNS = 'runs/'

export type ArtifactRecord = { artifact: Artifact; root: Piece }
/** Null: looked at, and not worth the while. */
export type DeltaRecord = { offered: OfferedDelta | null }

const digest = z.string().regex(DIGEST_PATTERN)
const count = z.number().int().min(0)
const artifactSchema = z.object({ artifact: z.object({ digest, sizeBytes: count, entries: count }), root: pieceSchema }) satisfies z.ZodType<ArtifactRecord>
const deltaSchema = z.object({ offered: z.object({ base: digest, root: pieceSchema, totalBytes: count }).nullable() }) satisfies z.ZodType<DeltaRecord>

export const artifactKey = (name: string): string => `${ARTIFACTS}${name}`
export const deltaKey = (base: string, artifact: string): string => `${DELTAS}${artifact}/${base}`
export const pieceKey = (name: string): string => `${PIECES}${name.slice(0, 2)}/${name}`
export const runKey = (name: string): string => `${RUNS}${name.slice(0, 2)}/${name}`

/** The name at the end of a key. */
export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** Of a delta's key. */
export function pairOf(key: string): { base: string; artifact: string } {
  const [, artifact = '', base = ''] = key.split('/')
  return { base, artifact }
}

export async function readArtifact(objects: ObjectStore, name: string): Promise<ArtifactRecord | null> {
  if (!DIGEST_PATTERN.test(name)) return null
  const bytes = await objects.get(artifactKey(name))
  return bytes === null ? null : artifactSchema.parse(JSON.parse(bytes.toString()))
}

export async function readDelta(objects: ObjectStore, base: string, artifact: string): Promise<DeltaRecord | null> {
  if (!DIGEST_PATTERN.test(base) || !DIGEST_PATTERN.test(artifact)) return null
  const bytes = await objects.get(deltaKey(base, artifact))
  return bytes === null ? null : deltaSchema.parse(JSON.parse(bytes.toString()))
}

export function recordBytes(record: ArtifactRecord | DeltaRecord): Buffer {
  return Buffer.from(JSON.stringify(record))
}
