/** Freeze windows over HTTP. */
import { z } from 'zod'
import { freezeRequestSchema, freezesSchema, freezeViewSchema } from '../../../../shared/api/freeze.ts'
import type { FreezeView } from '../../../../shared/api/freeze.ts'
import { addFreeze, opensAt, removeFreeze } from '../../../engine/calendar/freeze.ts'
import { openUntil } from '../../../engine/calendar/open-freezes.ts'
import type { Freeze } from '../../../engine/ports/freezes.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageByName, pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'

export function freezeRoutes(app: App, { ports }: HttpDeps): void {
  app.post('/v1/freezes', { schema: { body: freezeRequestSchema, response: { 201: freezeViewSchema, ...refusals } } }, async (request, reply) => {
    const freeze = await addFreeze(ports, request.body, actorOf(request))
    return reply.status(201).send(freezeView(freeze, ports.clock()))
  })
  app.get('/v1/freezes', { schema: { querystring: pageQuery, response: { 200: freezesSchema, ...refusals } } }, async ({ query }) => {
    const { rows, next } = pageByName(await ports.freezes.all(), query)
    return { freezes: rows.map((freeze) => freezeView(freeze, ports.clock())), next }
  })
  app.delete(
    '/v1/freezes/:name',
    {
      schema: {
        params: z.object({ name: z.string() }), querystring: z.object({ reason: z.string().max(500).optional() }),
        response: { 200: freezeViewSchema, ...refusals },
      },
    },
    async (request) => freezeView(await removeFreeze(ports, request.params.name), ports.clock()),
  )
}

function freezeView(freeze: Freeze, now: number): FreezeView {
  return { ...freeze, openUntilMs: openUntil(freeze, now), nextAtMs: opensAt(freeze, now) }
}
