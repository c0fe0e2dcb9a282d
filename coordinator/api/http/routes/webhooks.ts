/** Webhooks over HTTP: who is told, how it went, and the dead ones once more. */
import { z } from 'zod'
import {
  deliveriesSchema, deliveryViewSchema, tryViewSchema, webhookAddedSchema, webhookRequestSchema, webhooksSchema,
} from '../../../../shared/api/webhook.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'

const webhookParams = z.object({ name: z.string() })
const removed = z.object({ name: z.string() })

export function webhookRoutes(app: App, { ports, webhooks }: HttpDeps): void {
  app.post('/v1/webhooks', { schema: { body: webhookRequestSchema, response: { 201: webhookAddedSchema, ...refusals } } }, async (request, reply) => {
    const webhook = { ...request.body, createdAtMs: ports.clock(), createdBy: actorOf(request) }
    const secret = await webhooks.add(webhook)
    return reply.status(201).send({ ...webhook, secret })
  })
  app.get('/v1/webhooks', { schema: { response: { 200: webhooksSchema, ...refusals } } }, async () => ({ webhooks: await webhooks.list() }))
  app.delete('/v1/webhooks/:name', { schema: { params: webhookParams, response: { 200: removed, ...refusals } } }, async ({ params: { name } }) => {
    await webhooks.remove(name)
    return { name }
  })
  app.post('/v1/webhooks/:name/test', { schema: { params: webhookParams, response: { 200: tryViewSchema, ...refusals } } }, ({ params }) =>
    webhooks.test(params.name),
  )
  app.get(
    '/v1/webhooks/:name/deliveries',
    { schema: { params: webhookParams, querystring: pageQuery, response: { 200: deliveriesSchema, ...refusals } } },
    ({ params: { name }, query: { cursor = null, limit } }) => webhooks.deliveries({ webhook: name, cursor, limit }),
  )
  app.get('/v1/webhooks/dead', { schema: { querystring: pageQuery, response: { 200: deliveriesSchema, ...refusals } } }, ({ query }) =>
    webhooks.deliveries({ webhook: null, cursor: query.cursor ?? null, limit: query.limit }),
  )
  app.post(
    '/v1/webhooks/:name/deliveries/:message/redeliver',
    { schema: { params: webhookParams.extend({ message: z.string() }), response: { 200: deliveryViewSchema, ...refusals } } },
    ({ params: { name, message } }) => webhooks.redeliver(name, message),
  )
}
