/** The record of changes over HTTP: read, and by nobody changed. */
import { z } from 'zod'
import { auditPageSchema } from '../../../../shared/api/audit.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'

const auditQuery = pageQuery.extend({
  actor: z.string().max(200).optional().describe('by whom'),
  target: z.string().max(200).optional().describe('rollout/web-7, service/web, host/web-03'),
  verb: z.string().max(200).optional().describe('rollout.pause'),
  since: z.coerce.number().int().min(0).optional().describe('ms since the epoch'),
})

export function auditRoutes(app: App, { audit }: HttpDeps): void {
  app.get(
    '/v1/audit',
    { schema: { querystring: auditQuery, response: { 200: auditPageSchema, ...refusals } } },
    async ({ query }) => {
      const { actor = null, target = null, verb = null, since = null, cursor = null, limit } = query
      const { entries, next } = await audit.page({ actor, target, verb, sinceMs: since, cursor, limit })
      return { entries: entries.map((entry) => ({ ...entry, targets: [...entry.targets], changes: [...entry.changes] })), next }
    },
  )
}
