/** Services, releases and artifacts as the HTTP API shows and takes them. */
import { z } from 'zod'
import { DIGEST_PATTERN } from '../digest.ts'
import { VERSION_PATTERN } from '../ids.ts'
import { strict } from '../issue.ts'

export const artifactSchema = z.object({
  digest: z.string().regex(DIGEST_PATTERN).describe('SHA-256 of the uncompressed tar'),
  sizeBytes: z.number(),
  entries: z.number(),
}).meta({ id: 'Artifact' })

export const serviceViewSchema = z.object({
  spec: z.looseObject({ service: z.string(), path: z.string(), hosts: z.string() }),
  entry: z.number().describe('version of the entry; grows with every change'),
  updatedAtMs: z.number(),
  updatedBy: z.string(),
}).meta({ id: 'Service' })

export const appliedSchema = z.object({ outcome: z.enum(['created', 'updated', 'unchanged']), service: serviceViewSchema }).meta({ id: 'Applied' })
export const servicesSchema = z.object({ services: z.array(serviceViewSchema) }).meta({ id: 'Services' })

export const releaseRequestSchema = strict({
  version: z.string().regex(VERSION_PATTERN, 'expected letters, digits and . _ + -, at most 64, such as 1.4.2'),
  srv: z.string().regex(DIGEST_PATTERN, 'expected the digest of an uploaded artifact'),
  cmd: z.string().regex(DIGEST_PATTERN, 'expected the digest of an uploaded artifact').optional(),
}).meta({ id: 'ReleaseRequest' })

export const releaseViewSchema = z.object({
  service: z.string(),
  version: z.string(),
  srv: artifactSchema,
  cmd: artifactSchema.nullable(),
  createdAtMs: z.number(),
  createdBy: z.string(),
}).meta({ id: 'Release' })

export const releasedSchema = z.object({ outcome: z.enum(['created', 'unchanged']), release: releaseViewSchema }).meta({ id: 'Released' })
export const releasesSchema = z.object({ releases: z.array(releaseViewSchema) }).meta({ id: 'Releases' })

export type ArtifactView = z.infer<typeof artifactSchema>
export type ServiceView = z.infer<typeof serviceViewSchema>
export type AppliedView = z.infer<typeof appliedSchema>
export type ReleaseView = z.infer<typeof releaseViewSchema>
export type ReleasedView = z.infer<typeof releasedSchema>
