/** Rollouts over HTTP: plan, start, look. */
import { z } from 'zod'
import { planViewSchema, rolloutPageSchema, rolloutRequestSchema, rolloutViewSchema, taskPageSchema } from '../../../../shared/api/rollout.ts'
import { problem } from '../../../../shared/errors.ts'
import { TASK_STATES } from '../../../../shared/states.ts'
import type { TaskState } from '../../../../shared/states.ts'
import { obstaclesOf } from '../../../engine/obstacles.ts'
import { plan } from '../../../engine/planning.ts'
import { start } from '../../../engine/start.ts'
import type { Rollout } from '../../../rollout/state.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'
import { planView, rolloutView, taskView } from '../rollout-views.ts'

export const rolloutParams = z.object({ id: z.string() })

const statesQuery = z.string().transform((text, context): TaskState[] => {
  const states = text.split(',')
  const wrong = states.find((state) => !(TASK_STATES as readonly string[]).includes(state))
  if (wrong === undefined) return states as TaskState[]
  context.addIssue({ code: 'custom', message: `"${wrong}" is not a task state; expected some of ${TASK_STATES.join(', ')}` })
  return z.NEVER
}).meta({ type: 'string', description: 'comma-separated task states' })

export function rolloutRoutes(app: App, { ports, outputs, fetches }: HttpDeps): void {
  const planning = { config: { changesNothing: true }, schema: { body: rolloutRequestSchema, response: { 200: planViewSchema, ...refusals } } }
  app.post('/v1/rollouts/plan', planning, async (request) => {
    const planned = await plan(ports, request.body)
    const connected = await ports.hosts.connected(planned.hosts.map(({ host }) => host), ports.clock())
    return planView(planned, connected, await obstaclesOf(ports, planned))
  })
  app.post('/v1/rollouts', { schema: { body: rolloutRequestSchema, response: { 201: rolloutViewSchema, ...refusals } } }, async (request, reply) => {
    const { reason = null, overrideFreeze } = request.body
    const rollout = await start(ports, request.body, { actor: actorOf(request), reason, overrideFreeze })
    return reply.status(201).send(rolloutView(rollout))
  })
  app.get(
    '/v1/rollouts',
    { schema: { querystring: pageQuery.extend({ service: z.string().optional() }), response: { 200: rolloutPageSchema, ...refusals } } },
    async ({ query }) => {
      const page = await ports.rollouts.list({ service: query.service ?? null, cursor: query.cursor ?? null, limit: query.limit })
      return { rollouts: page.rollouts.map((rollout) => rolloutView(rollout)), next: page.next }
    },
  )
  app.get('/v1/rollouts/:id', { schema: { params: rolloutParams, response: { 200: rolloutViewSchema, ...refusals } } }, async ({ params }) => {
    const [rollout, fetched] = await Promise.all([knownRollout(ports, params.id), fetches.total(params.id)])
    return rolloutView(rollout, fetched)
  })
  app.get(
    '/v1/rollouts/:id/tasks',
    { schema: { params: rolloutParams, querystring: pageQuery.extend({ state: statesQuery.optional() }), response: { 200: taskPageSchema, ...refusals } } },
    async ({ params, query }) => {
      await knownRollout(ports, params.id)
      const page = await ports.rollouts.page(params.id, { states: query.state ?? null, cursor: query.cursor ?? null, limit: query.limit })
      const hosts = page.tasks.map(({ host }) => host)
      const [lines, fetched, connected] = await Promise.all([
        outputs.lastLines(params.id, hosts), fetches.of(params.id, hosts), ports.hosts.connected(hosts, ports.clock()),
      ])
      const beside = (host: string) => ({ away: !connected.has(host), lastLine: lines.get(host) ?? null, fetch: fetched.get(host) ?? null })
      return { tasks: page.tasks.map((task) => taskView(task, beside(task.host))), next: page.next }
    },
  )
}

/** @throws MusterError rollout_unknown */
export async function knownRollout(ports: HttpDeps['ports'], id: string): Promise<Rollout> {
  const loaded = await ports.rollouts.load(id)
  if (loaded !== null) return loaded.rollout
  throw problem('rollout_unknown', `there is no rollout ${id}`, { field: 'id', expected: 'an id that `muster rollout list` shows' })
}
