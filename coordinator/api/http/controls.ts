/** Pause, resume, promote, abort, roll back, retry, skip: one request, one clear answer. */
import { controlRequestSchema, retryRequestSchema, rolloutViewSchema, skipRequestSchema } from '../../../shared/api/rollout.ts'
import { control } from '../../engine/control.ts'
import type { ControlEvent } from '../../rollout/event.ts'
import { actorOf } from './actor.ts'
import type { App, HttpDeps } from './deps.ts'
import { refusals } from './refusals.ts'
import { rolloutParams } from './rollouts.ts'
import { rolloutView } from './views.ts'

type WholeControl = Exclude<ControlEvent, { host: string }>['type']

const CONTROLS = {
  pause: 'PauseRequested',
  resume: 'ResumeRequested',
  promote: 'PromoteRequested',
  abort: 'AbortRequested',
  rollback: 'RollbackRequested',
} as const satisfies Record<string, WholeControl>

const answer = { 200: rolloutViewSchema, ...refusals }

export function controlRoutes(app: App, { ports }: HttpDeps): void {
  for (const [verb, type] of Object.entries(CONTROLS)) {
    app.post(
      `/v1/rollouts/:id/${verb}`,
      { schema: { params: rolloutParams, body: controlRequestSchema, response: answer } },
      async (request) => {
        const by = { by: actorOf(request), reason: request.body.reason ?? null }
        return rolloutView(await control(ports, request.params.id, [{ type, ...by }]))
      },
    )
  }
  app.post('/v1/rollouts/:id/retry', { schema: { params: rolloutParams, body: retryRequestSchema, response: answer } }, async (request) => {
    const by = { by: actorOf(request), reason: request.body.reason ?? null }
    const { hosts } = request.body
    const events: ControlEvent[] =
      hosts === undefined ? [{ type: 'RetryRequested', ...by }] : hosts.map((host) => ({ type: 'HostRetryRequested', host, ...by }))
    return rolloutView(await control(ports, request.params.id, events))
  })
  app.post('/v1/rollouts/:id/skip', { schema: { params: rolloutParams, body: skipRequestSchema, response: answer } }, async (request) => {
    const by = { by: actorOf(request), reason: request.body.reason ?? null }
    const { hosts } = request.body
    const connected = await ports.hosts.connected(hosts, ports.clock())
    const events = hosts.map((host): ControlEvent => ({
      type: 'SkipRequested',
      host,
      presence: connected.has(host) ? 'connected' : 'away',
      ...by,
    }))
    return rolloutView(await control(ports, request.params.id, events))
  })
}
