/** The record of changes as the HTTP API shows it. */
import { z } from 'zod'

export const AUDIT_OUTCOMES = ['done', 'refused', 'failed', 'unknown', 'open'] as const

export const auditEntrySchema = z.object({
  id: z.string(),
  atMs: z.number(),
  actor: z.string().describe('who; muster: the system by itself'),
  verb: z.string().describe('what was done: rollout.pause'),
  targets: z.array(z.string()).describe('to what: first what was changed, then what it belongs to; rollout/web-7, service/web'),
  reason: z.string().nullable(),
  from: z.object({
    address: z.string(), userAgent: z.string().nullable(), token: z.string().nullish().describe('the id of the token that let it in'),
  }).nullable().describe('null: the system by itself'),
  outcome: z.enum(AUDIT_OUTCOMES).describe('open: begun, not ended; unknown: whoever did it died before it could say'),
  code: z.string().nullable().describe('of the refusal'),
  changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
}).meta({ id: 'AuditEntry' })

export const auditPageSchema = z.object({ entries: z.array(auditEntrySchema), next: z.string().nullable() }).meta({ id: 'AuditPage' })

export type AuditEntryView = z.infer<typeof auditEntrySchema>
export type AuditPageView = z.infer<typeof auditPageSchema>
