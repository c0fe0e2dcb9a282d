/** Relays over HTTP: which there are and what they do; and away with those that are not to be asked any more. */
import { z } from 'zod'
import { relaysSchema, removedRelaySchema } from '../../../../shared/api/relay.ts'
import { removeRelay } from '../../../engine/distribution/remove-relay.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageOf, pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'
import { relayViews } from '../relay-views.ts'

const removing = { params: z.object({ relay: z.string() }), querystring: z.object({ reason: z.string().max(500).optional() }) }

export function relayRoutes(app: App, { ports, identities, relays }: HttpDeps): void {
  app.get('/v1/relays', { schema: { querystring: pageQuery, response: { 200: relaysSchema, ...refusals } } }, async ({ query }) => {
    const [views, coordinators] = await Promise.all([relayViews({ identities, relays }, ports.clock()), relays.coordinators()])
    const { rows, next } = pageOf(views, ({ relay }) => relay, query)
    return { relays: rows, coordinators, next }
  })
  app.delete('/v1/relays/:relay', { schema: { ...removing, response: { 200: removedRelaySchema, ...refusals } } }, async (request) => {
    const { relay } = request.params
    await removeRelay({ ...ports, identities, relays }, relay, { by: actorOf(request), reason: request.query.reason ?? null })
    return { relay, removed: true as const }
  })
}
