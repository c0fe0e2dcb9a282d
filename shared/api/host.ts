/** Hosts as the HTTP API shows them. */
import { z } from 'zod'
import { MACHINE_ROLES } from '../identity/names.ts'
import { directionSchema, taskStateSchema } from './rollout.ts'

export const HOST_STATUSES = ['connected', 'silent', 'away', 'revoked'] as const
export const hostStatusSchema = z.enum(HOST_STATUSES)
  .describe('silent: a session, but no sign of life; away: no session; revoked: removed, and away until the rollouts that count on it have ended')

export const findingSchema = z.object({ kind: z.enum(['files', 'process', 'link']), message: z.string() }).meta({ id: 'Finding' })

const hostServiceSchema = z.object({
  service: z.string(),
  version: z.string().nullable().describe('what it runs'),
  revision: z.string().nullable(),
  assigned: z.string().nullable().describe('the version that it should run; null: none'),
  assignedBy: z.string().nullable().describe('the rollout that decided it'),
  standing: z.enum(['well', 'deploying', 'drifted']).describe('deploying: a rollout is about to make it as it should be'),
  findings: z.array(findingSchema).describe('what is not as it was put there'),
  sinceMs: z.number().nullable().describe('it runs this revision, or has the findings, since'),
})

/** A machine's, whatever it is. */
export const identitySchema = z.object({
  role: z.enum(MACHINE_ROLES),
  labels: z.record(z.string(), z.string()).describe('bound when it joined: what it claims cannot change them'),
  token: z.string().describe('the id of its join token'),
  enrolledAtMs: z.number(),
  certificate: z.object({
    serial: z.string().describe('in hex'),
    issuerPin: z.string().describe('of the authority that issued it'),
    issuedAtMs: z.number(),
    expiresAtMs: z.number(),
    state: z.enum(['good', 'expiring', 'expired']).describe('expiring: it should have been renewed by now'),
  }),
})

export const hostViewSchema = z.object({
  host: z.string(),
  status: hostStatusSchema,
  labels: z.record(z.string(), z.string()),
  ignoredLabels: z.record(z.string(), z.string()).describe('what it claims beyond them, and only a join token can give'),
  identity: identitySchema.nullable().describe('null: it has not joined, or was removed'),
  revoked: z.object({ atMs: z.number(), by: z.string(), reason: z.string().nullable() }).nullable().describe('it cannot connect any more'),
  agentVersion: z.string(),
  facts: z.object({ os: z.string(), arch: z.string(), cpus: z.number(), memoryBytes: z.number(), bootId: z.string() }),
  load: z.object({ load1: z.number(), memoryFreeBytes: z.number(), diskFreeBytes: z.number(), runningCommands: z.number() }).nullable(),
  services: z.array(hostServiceSchema),
  firstSeenAtMs: z.number(),
  seenAtMs: z.number(),
}).meta({ id: 'Host' })

export const hostsSchema = z.object({ hosts: z.array(hostViewSchema), next: z.string().nullable() }).meta({ id: 'Hosts' })

export const hostDetailSchema = hostViewSchema.extend({
  commands: z.array(z.object({
    id: z.string(),
    rollout: z.string(),
    action: z.enum(['deploy', 'remove', 'script', 'exec', 'prefetch']),
    granted: z.boolean().describe('it may touch what runs'),
    killed: z.string().nullable().describe('why it is to be ended'),
  })).describe('what its coordinator has for it, or has given it, that is not over'),
}).meta({ id: 'HostDetail' })

const entry = { id: z.string(), atMs: z.number() }
export const historyEntrySchema = z.discriminatedUnion('kind', [
  z.object({
    ...entry,
    kind: z.literal('task'),
    rollout: z.string(),
    service: z.string(),
    release: z.string().describe('where it was going'),
    from: z.string().nullable().describe('the version that ran before'),
    direction: directionSchema,
    attempt: z.number(),
    state: taskStateSchema,
    message: z.string().nullable(),
    by: z.string(),
    reason: z.string().nullable(),
  }),
  z.object({ ...entry, kind: z.literal('found'), service: z.string(), findings: z.array(z.string()).describe('empty: all is as it was put there again') }),
  z.object({ ...entry, kind: z.literal('connected'), awayMs: z.number().nullable().describe('null: for the first time') }),
  z.object({
    ...entry, kind: z.literal('labels'), changes: z.array(z.object({ label: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
  }),
  z.object({
    ...entry, kind: z.literal('enrolled'), token: z.string().describe('the id of its join token'),
    replaced: z.boolean().describe('another machine had the name'),
  }),
  z.object({
    ...entry, kind: z.literal('throttled'), frames: z.number(), sizeBytes: z.number(),
    sinceMs: z.number().describe('when it began to say so much; it was held back for it'),
  }),
  z.object({ ...entry, kind: z.literal('removed'), by: z.string(), reason: z.string().nullable() }),
]).meta({ id: 'HistoryEntry' })

export const historySchema = z.object({ entries: z.array(historyEntrySchema), next: z.string().nullable() }).meta({ id: 'History' })

export const removeHostQuerySchema = z.object({ reason: z.string().max(500).optional() })
export const removedHostSchema = z.discriminatedUnion('outcome', [
  z.object({ host: z.string(), outcome: z.literal('removed') }),
  z.object({
    host: z.string(),
    outcome: z.literal('revoked'),
    rollouts: z.array(z.string()).describe('have not ended and count on it; it is forgotten when removed again after them'),
  }),
]).meta({ id: 'RemovedHost' })

export type HostView = z.infer<typeof hostViewSchema>
export type RemovedHostView = z.infer<typeof removedHostSchema>
export type HostStatus = z.infer<typeof hostStatusSchema>
export type HostsView = z.infer<typeof hostsSchema>
export type HostDetailView = z.infer<typeof hostDetailSchema>
export type HistoryEntryView = z.infer<typeof historyEntrySchema>
export type HistoryView = z.infer<typeof historySchema>
