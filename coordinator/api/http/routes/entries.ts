/** The history of a service's entry over HTTP: every kept version, what is different between two, and back to one of them. */
import { z } from 'zod'
import { appliedSchema, entriesSchema, entryDiffSchema, restoreRequestSchema, serviceViewSchema } from '../../../../shared/api/catalogue.ts'
import { diff } from '../../../../shared/diff.ts'
import { problem } from '../../../../shared/errors.ts'
import type { ServiceEntry } from '../../../engine/ports/catalogue.ts'
import type { Ports } from '../../../engine/ports/ports.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'
import { appliedView, knownService, serviceParams } from './services.ts'

const entryNumber = z.coerce.number().int().min(1)
const entryParams = serviceParams.extend({ entry: entryNumber })
const entriesQuery = pageQuery.extend({ cursor: entryNumber.optional().describe('`next` of the page before') })
const diffQuery = z.object({
  from: entryNumber.optional().describe('default: the one before `to`'),
  to: entryNumber.optional().describe('default: the latest'),
})

export function entryRoutes(app: App, { ports }: HttpDeps): void {
  app.get(
    '/v1/services/:service/entries',
    { schema: { params: serviceParams, querystring: entriesQuery, response: { 200: entriesSchema, ...refusals } } },
    async ({ params, query: { limit, cursor } }) => {
      await knownService(ports, params.service)
      // One more than asked for: what the last one changed is seen against it.
      const entries = await ports.catalogue.entries(params.service, { before: cursor ?? null, limit: limit + 1 })
      const page = entries.slice(0, limit)
      const next = entries.length > limit ? String(page.at(-1)?.entry) : null
      return { entries: page.map((entry, index) => ({ ...entry, fields: changedFields(entries[index + 1], entry) })), next }
    },
  )
  app.get(
    '/v1/services/:service/entries/:entry',
    { schema: { params: entryParams, response: { 200: serviceViewSchema, ...refusals } } },
    async ({ params }) => knownEntry(ports, await knownService(ports, params.service), params.entry),
  )
  app.get(
    '/v1/services/:service/diff',
    { schema: { params: serviceParams, querystring: diffQuery, response: { 200: entryDiffSchema, ...refusals } } },
    async ({ params: { service }, query }) => {
      const current = await knownService(ports, service)
      const to = query.to ?? current.entry
      const from = query.from ?? Math.max(1, to - 1)
      const [before, after] = await Promise.all([knownEntry(ports, current, from), knownEntry(ports, current, to)])
      return { service, from, to, changes: diff(before.spec, after.spec) }
    },
  )
  app.post(
    '/v1/services/:service/entries/:entry/restore',
    { schema: { params: entryParams, body: restoreRequestSchema, response: { 200: appliedSchema, ...refusals } } },
    async (request) => {
      const { spec, entry } = await knownEntry(ports, await knownService(ports, request.params.service), request.params.entry)
      const note = { reason: request.body.reason ?? null, restored: entry }
      return appliedView(await ports.catalogue.apply(spec, actorOf(request), ports.clock(), note))
    },
  )
}

/** Fields of the first level, as a history needs them. */
function changedFields(before: ServiceEntry | undefined, { spec }: ServiceEntry): string[] {
  if (before === undefined) return []
  return [...new Set(diff(before.spec, spec).map(({ field }) => field.split(/[.[]/)[0] ?? field))]
}

/** @throws MusterError entry_unknown */
async function knownEntry(ports: Ports, current: ServiceEntry, number: number): Promise<ServiceEntry> {
  const entry = number === current.entry ? current : await ports.catalogue.entry(current.spec.service, number)
  if (entry !== null) return entry
  const { service } = current.spec
  throw problem('entry_unknown', `${service} has no entry ${number}`, { field: 'entry', expected: `one that muster service history ${service} shows` })
}
