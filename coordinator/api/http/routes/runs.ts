/** Commands on hosts over HTTP. What begins here is a rollout like any other: it is shown, watched and controlled as one. */
import { rolloutViewSchema, runRequestSchema } from '../../../../shared/api/rollout.ts'
import { startRun } from '../../../engine/start-run.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { refusals } from '../refusals.ts'
import { rolloutView } from '../rollout-views.ts'

export function runRoutes(app: App, { ports }: HttpDeps): void {
  app.post('/v1/runs', { schema: { body: runRequestSchema, response: { 201: rolloutViewSchema, ...refusals } } }, async (request, reply) => {
    const rollout = await startRun(ports, request.body, { actor: actorOf(request), reason: request.body.reason ?? null })
    return reply.status(201).send(rolloutView(rollout))
  })
}
