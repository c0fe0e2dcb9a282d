/** What scripts printed, by host. */
import { z } from 'zod'
import { outputsViewSchema } from '../../../shared/api/rollout.ts'
import { problem } from '../../../shared/errors.ts'
import type { App, HttpDeps } from './deps.ts'
import { pageQuery } from './page.ts'
import { refusals } from './refusals.ts'
import { knownRollout, rolloutParams } from './rollouts.ts'

export function outputRoutes(app: App, { ports, outputs }: HttpDeps): void {
  app.get(
    '/v1/rollouts/:id/outputs',
    { schema: { params: rolloutParams, querystring: pageQuery.extend({ host: z.string().optional() }), response: { 200: outputsViewSchema, ...refusals } } },
    async ({ params, query }) => {
      await knownRollout(ports, params.id)
      if (query.host !== undefined) {
        const known = await ports.rollouts.tasks(params.id, [query.host])
        if (!known.has(query.host)) throw problem('host_unknown', `${query.host} is not in ${params.id}`, { field: 'host', expected: 'a host of this rollout' })
        return { hosts: [{ host: query.host, outputs: await outputs.of(params.id, query.host) }], next: null }
      }
      const page = await ports.rollouts.page(params.id, { states: null, cursor: query.cursor ?? null, limit: query.limit })
      const hosts = await Promise.all(page.tasks.map(async ({ host }) => ({ host, outputs: await outputs.of(params.id, host) })))
      return { hosts: hosts.filter((host) => host.outputs.length > 0), next: page.next }
    },
  )
}
