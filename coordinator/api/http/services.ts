/** The service catalogue over HTTP. */
import { z } from 'zod'
import { appliedSchema, serviceViewSchema, servicesSchema } from '../../../shared/api/catalogue.ts'
import { problem } from '../../../shared/errors.ts'
import { serviceSchema } from '../../../shared/service.ts'
import type { ServiceEntry } from '../../engine/ports/catalogue.ts'
import { actorOf } from './actor.ts'
import type { App, HttpDeps } from './deps.ts'
import { refusals } from './refusals.ts'

const named = z.object({ service: z.string() })

export function serviceRoutes(app: App, { ports }: HttpDeps): void {
  app.put(
    '/v1/services/:service',
    { config: { invalidCode: 'service_invalid' }, schema: { params: named, body: serviceSchema, response: { 200: appliedSchema, ...refusals } } },
    async (request) => {
      const spec = request.body
      if (spec.service !== request.params.service) {
        throw problem('service_invalid', `service: the document describes ${spec.service}, the address says ${request.params.service}`, { field: 'service' })
      }
      const { outcome, entry } = await ports.catalogue.apply(spec, actorOf(request), ports.clock())
      return { outcome, service: entry }
    },
  )
  app.get('/v1/services', { schema: { response: { 200: servicesSchema } } }, async () => ({ services: await ports.catalogue.services() }))
  app.get('/v1/services/:service', { schema: { params: named, response: { 200: serviceViewSchema, ...refusals } } }, async (request) =>
    knownService(ports, request.params.service),
  )
}

/** @throws MusterError service_unknown */
export async function knownService(ports: HttpDeps['ports'], name: string): Promise<ServiceEntry> {
  const entry = await ports.catalogue.service(name)
  if (entry !== null) return entry
  throw problem('service_unknown', `there is no service ${name}`, { field: 'service', expected: 'a service that `muster service list` shows' })
}
