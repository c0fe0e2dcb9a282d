/** The service catalogue over HTTP: what each service is now. Its history is in entries.ts. */
import { z } from 'zod'
import { appliedSchema, applyQuerySchema, servicesSchema, serviceViewSchema, variablesViewSchema } from '../../../../shared/api/catalogue.ts'
import { diff } from '../../../../shared/diff.ts'
import { problem } from '../../../../shared/errors.ts'
import { serviceSchema } from '../../../../shared/service.ts'
import type { ServiceSpec } from '../../../../shared/service.ts'
import { resolve } from '../../../../shared/variables.ts'
import { nextEntry } from '../../../engine/entry.ts'
import type { Applied, ServiceEntry } from '../../../engine/ports/catalogue.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageOf, pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'

export const serviceParams = z.object({ service: z.string() })

export function serviceRoutes(app: App, { ports }: HttpDeps): void {
  app.put(
    '/v1/services/:service',
    {
      config: { invalidCode: 'service_invalid' },
      schema: { params: serviceParams, querystring: applyQuerySchema, body: serviceSchema, response: { 200: appliedSchema, ...refusals } },
    },
    async (request) => {
      const spec = described(request.params.service, request.body)
      const note = { reason: request.query.reason ?? null, restored: null }
      return appliedView(await ports.catalogue.apply(spec, actorOf(request), ports.clock(), note))
    },
  )
  app.post(
    '/v1/services/:service/preview',
    {
      config: { invalidCode: 'service_invalid', changesNothing: true },
      schema: { params: serviceParams, body: serviceSchema, response: { 200: appliedSchema, ...refusals } },
    },
    async (request) => {
      const spec = described(request.params.service, request.body)
      return appliedView(nextEntry(await ports.catalogue.service(spec.service), spec, actorOf(request), ports.clock()))
    },
  )
  app.get('/v1/services', { schema: { querystring: pageQuery, response: { 200: servicesSchema, ...refusals } } }, async ({ query }) => {
    const { rows, next } = pageOf(await ports.catalogue.services(), ({ spec }) => spec.service, query)
    return { services: rows, next }
  })
  app.get('/v1/services/:service', { schema: { params: serviceParams, response: { 200: serviceViewSchema, ...refusals } } }, async (request) =>
    knownService(ports, request.params.service),
  )
  app.get(
    '/v1/services/:service/variables',
    { schema: { params: serviceParams, querystring: z.object({ host: z.string() }), response: { 200: variablesViewSchema, ...refusals } } },
    async ({ params, query }) => {
      const { spec, entry } = await knownService(ports, params.service)
      const host = await ports.hosts.get(query.host)
      if (host === null) {
        throw problem('host_unknown', `there is no host ${query.host}`, { field: 'host', expected: 'a name that `muster host list` shows' })
      }
      return { service: spec.service, entry, host: host.host, ...resolve(spec, host) }
    },
  )
}

/** @throws MusterError service_invalid unless the document is about this service */
function described(service: string, spec: ServiceSpec): ServiceSpec {
  if (spec.service === service) return spec
  throw problem('service_invalid', `service: the document describes ${spec.service}, the address says ${service}`, { field: 'service' })
}

export function appliedView({ outcome, before, entry }: Applied) {
  return { outcome, service: entry, changes: before === null ? [] : diff(before.spec, entry.spec) }
}

/** @throws MusterError service_unknown */
export async function knownService(ports: HttpDeps['ports'], name: string): Promise<ServiceEntry> {
  const entry = await ports.catalogue.service(name)
  if (entry !== null) return entry
  throw problem('service_unknown', `there is no service ${name}`, { field: 'service', expected: 'a service that `muster service list` shows' })
}
