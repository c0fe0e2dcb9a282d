/** Services and their entries, releases and artifacts as the HTTP API shows and takes them. */
import { z } from 'zod'
import { DIGEST_PATTERN } from '../digest.ts'
import { envelopeSchema } from '../envelope.ts'
import { VERSION_PATTERN } from '../ids.ts'
import { strict } from '../issue.ts'
import { MAX_BUILD_CHARS, MAX_COMMIT_CHARS, provenanceSchema } from '../release-statement.ts'
import { LAYERS } from '../variables.ts'

export const MAX_REASON_CHARS = 500

export const artifactSchema = z.object({
  digest: z.string().regex(DIGEST_PATTERN).describe('SHA-256 of the uncompressed tar'),
  sizeBytes: z.number(),
  entries: z.number(),
}).meta({ id: 'Artifact' })

const written = {
  entry: z.number().describe('version of the entry; grows with every change'),
  updatedAtMs: z.number(),
  updatedBy: z.string(),
  reason: z.string().nullable(),
  restored: z.number().nullable().describe('the entry whose content was restored by it'),
}

export const serviceViewSchema = z.object({
  spec: z.looseObject({ service: z.string(), path: z.string(), hosts: z.string() }),
  ...written,
}).meta({ id: 'Service' })

const field = z.string().describe('as people write it: variables.PORT, overrides[2].host')
export const fieldChangeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('added'), field, after: z.unknown() }),
  z.object({ kind: z.literal('removed'), field, before: z.unknown() }),
  z.object({ kind: z.literal('changed'), field, before: z.unknown(), after: z.unknown() }),
]).meta({ id: 'FieldChange' })

const reason = z.string().max(MAX_REASON_CHARS).optional()
export const applyQuerySchema = z.object({ reason })
export const restoreRequestSchema = strict({ reason }).meta({ id: 'RestoreRequest' })

export const appliedSchema = z.object({
  outcome: z.enum(['created', 'updated', 'unchanged']),
  service: serviceViewSchema,
  changes: z.array(fieldChangeSchema).describe('against the entry before; empty for a new service'),
}).meta({ id: 'Applied' })
export const servicesSchema = z.object({ services: z.array(serviceViewSchema), next: z.string().nullable() }).meta({ id: 'Services' })

export const entriesSchema = z.object({
  entries: z.array(z.object({ ...written, fields: z.array(z.string()).describe('what it changed') })).describe('the latest first'),
  next: z.string().nullable(),
}).meta({ id: 'Entries' })
export const entryDiffSchema = z.object({
  service: z.string(),
  from: z.number(),
  to: z.number(),
  changes: z.array(fieldChangeSchema),
}).meta({ id: 'EntryDiff' })

const originSchema = z.object({
  layer: z.enum(LAYERS).describe('the later ones stand before the earlier'),
  of: z.string().nullable().describe('which environment, label, host or instance'),
}).meta({ id: 'Origin' })
const settingSchema = z.object({
  name: z.string(),
  value: z.string(),
  from: originSchema,
  overrides: z.array(z.object({ value: z.string(), from: originSchema })).describe('what it stands before, the nearest first'),
}).meta({ id: 'Setting' })
export const variablesViewSchema = z.object({
  service: z.string(),
  entry: z.number(),
  host: z.string(),
  variables: z.array(settingSchema),
  instances: z.record(z.string(), z.array(settingSchema)).describe('what is an instance’s own'),
}).meta({ id: 'Variables' })

export const releaseRequestSchema = strict({
  version: z.string().regex(VERSION_PATTERN, 'expected letters, digits and . _ + -, at most 64, such as 1.4.2'),
  srv: z.string().regex(DIGEST_PATTERN, 'expected the digest of an uploaded artifact'),
  cmd: z.string().regex(DIGEST_PATTERN, 'expected the digest of an uploaded artifact').optional(),
  commit: z.string().max(MAX_COMMIT_CHARS).optional().describe('what it was built from'),
  build: z.string().max(MAX_BUILD_CHARS).optional().describe('what built it: an address, or a name'),
  envelope: envelopeSchema.optional().describe('the statement of the release, signed by one of the service’s releaseKeys; says commit and build itself'),
}).meta({ id: 'ReleaseRequest' })

export const releaseViewSchema = z.object({
  service: z.string(),
  version: z.string(),
  srv: artifactSchema,
  cmd: artifactSchema.nullable(),
  createdAtMs: z.number(),
  createdBy: z.string(),
  envelope: envelopeSchema.nullable().describe('what was signed; null: it was made before releases were'),
  provenance: provenanceSchema.nullable().describe('what the signed statement says of where it comes from'),
  signers: z.array(z.object({ key: z.string().describe('its pin'), of: z.enum(['coordinator', 'owner']) })).describe('whose signatures verify'),
  fault: z.string().nullable().describe('why it is not rolled out'),
}).meta({ id: 'Release' })

export const releasedSchema = z.object({ outcome: z.enum(['created', 'signed', 'unchanged']), release: releaseViewSchema }).meta({ id: 'Released' })
export const releasesSchema = z.object({ releases: z.array(releaseViewSchema), next: z.string().nullable() }).meta({ id: 'Releases' })

export type ArtifactView = z.infer<typeof artifactSchema>
export type ServiceView = z.infer<typeof serviceViewSchema>
export type EntriesView = z.infer<typeof entriesSchema>
export type EntryDiffView = z.infer<typeof entryDiffSchema>
export type VariablesView = z.infer<typeof variablesViewSchema>
export type FieldChangeView = z.infer<typeof fieldChangeSchema>
export type AppliedView = z.infer<typeof appliedSchema>
export type ServicesView = z.infer<typeof servicesSchema>
export type ReleasesView = z.infer<typeof releasesSchema>
export type ReleaseView = z.infer<typeof releaseViewSchema>
export type ReleaseRequest = z.input<typeof releaseRequestSchema>
export type ReleasedView = z.infer<typeof releasedSchema>
