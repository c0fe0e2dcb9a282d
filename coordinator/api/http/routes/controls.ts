/** Pause, resume, promote, abort, roll back, retry, skip: one request, one clear answer. */
import {
  controlRequestSchema, killRequestSchema, resumeRequestSchema, retryRequestSchema, rollbackRequestSchema, rolloutViewSchema, skipRequestSchema,
} from '../../../../shared/api/rollout.ts'
import { control } from '../../../engine/control.ts'
import type { ControlEvent } from '../../../rollout/event.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { refusals } from '../refusals.ts'
import { rolloutView } from '../rollout-views.ts'
import { rolloutParams } from './rollouts.ts'

type PlainControl = 'PauseRequested' | 'PromoteRequested' | 'AbortRequested' | 'ScriptRetryRequested' | 'ScriptSkipRequested'

const CONTROLS = {
  pause: 'PauseRequested',
  promote: 'PromoteRequested',
  abort: 'AbortRequested',
  'retry-script': 'ScriptRetryRequested',
  'skip-script': 'ScriptSkipRequested',
} as const satisfies Record<string, PlainControl>

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
  app.post('/v1/rollouts/:id/resume', { schema: { params: rolloutParams, body: resumeRequestSchema, response: answer } }, async (request) => {
    const { reason = null, overrideFreeze } = request.body
    return rolloutView(await control(ports, request.params.id, [{ type: 'ResumeRequested', by: actorOf(request), reason, overrideFreeze }]))
  })
  app.post('/v1/rollouts/:id/rollback', { schema: { params: rolloutParams, body: rollbackRequestSchema, response: answer } }, async (request) => {
    const { reason = null, wave } = request.body
    const event = { type: 'RollbackRequested', by: actorOf(request), reason, wave: wave === undefined ? null : wave - 1 } as const
    return rolloutView(await control(ports, request.params.id, [event]))
  })
  app.post('/v1/rollouts/:id/kill', { schema: { params: rolloutParams, body: killRequestSchema, response: answer } }, async (request) => {
    const { reason = null, hosts } = request.body
    const events = hosts.map((host): ControlEvent => ({ type: 'KillRequested', host, by: actorOf(request), reason }))
    return rolloutView(await control(ports, request.params.id, events))
  })
  app.post('/v1/rollouts/:id/retry', { schema: { params: rolloutParams, body: retryRequestSchema, response: answer } }, async (request) => {
    const by = { by: actorOf(request), reason: request.body.reason ?? null }
    const { hosts, which } = request.body
    const events: ControlEvent[] =
      hosts === undefined ? [{ type: 'RetryRequested', which, ...by }] : hosts.map((host) => ({ type: 'HostRetryRequested', host, ...by }))
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
