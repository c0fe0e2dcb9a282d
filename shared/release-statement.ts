/** What is signed of a release: what it consists of, and where it comes from. */
import { z } from 'zod'
import { DIGEST_PATTERN } from './digest.ts'
import { NAME_PATTERN, VERSION_PATTERN } from './ids.ts'

export const RELEASE_PAYLOAD_TYPE = 'application/vnd.muster.release.v1+json'

export const MAX_COMMIT_CHARS = 128
export const MAX_BUILD_CHARS = 512

const artifact = z.object({ digest: z.string().regex(DIGEST_PATTERN), sizeBytes: z.number().int().min(0), entries: z.number().int().min(0) })

/** Who made it, of which commit, in which build. Nulls: not said. */
export const provenanceSchema = z.object({
  by: z.string().max(128),
  commit: z.string().max(MAX_COMMIT_CHARS).nullable(),
  build: z.string().max(MAX_BUILD_CHARS).nullable(),
  atMs: z.number().int().min(0),
})

export const releaseStatementSchema = z.object({
  service: z.string().regex(NAME_PATTERN),
  version: z.string().regex(VERSION_PATTERN),
  srv: artifact,
  cmd: artifact.nullable(),
  provenance: provenanceSchema,
})

export type Provenance = z.output<typeof provenanceSchema>
export type ReleaseStatement = z.output<typeof releaseStatementSchema>
