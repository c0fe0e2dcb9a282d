/** What scripts printed: the ends of it by host, and all of it of one step. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import { outputsViewSchema, stepSchema } from '../../../../shared/api/rollout.ts'
import { problem } from '../../../../shared/errors.ts'
import type { HostName } from '../../../../shared/ids.ts'
import { fullOutput } from '../../../engine/full-output.ts'
import type { Ports } from '../../../engine/ports/ports.ts'
import type { App, HttpDeps } from '../deps.ts'
import { pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'
import { knownRollout, rolloutParams } from './rollouts.ts'

const outputsQuery = pageQuery.extend({
  host: z.string().optional(),
  after: z.coerce.number().min(0).optional().describe('only hosts that have printed after this mark, by when they did: 0, then `mark` of the answer before'),
})
const outputParams = rolloutParams.extend({ host: z.string(), attempt: z.coerce.number().int().min(1), step: stepSchema })
/** Fastify sends streams as they are; this only stands in the document. */
const text = z.unknown().describe('the whole output')

export function outputRoutes(app: App, { ports, outputs, asks }: HttpDeps): void {
  app.get(
    '/v1/rollouts/:id/outputs',
    { schema: { params: rolloutParams, querystring: outputsQuery, response: { 200: outputsViewSchema, ...refusals } } },
    async ({ params: { id }, query }) => {
      const { scripts } = await knownRollout(ports, id)
      const tails = (hosts: readonly HostName[]) => Promise.all(hosts.map(async (host) => ({ host, outputs: await outputs.of(id, host) })))
      if (query.host !== undefined) {
        // A script that runs once may run on a host that is in no wave.
        if (!scripts.some(({ host }) => host === query.host)) await knownTask(ports, id, query.host)
        return { hosts: await tails([query.host]), next: null, mark: null }
      }
      if (query.after !== undefined) {
        const printed = await outputs.printedAfter(id, query.after, query.limit)
        return { hosts: await tails(printed.map(({ host }) => host)), next: null, mark: printed.at(-1)?.mark ?? query.after }
      }
      const page = await ports.rollouts.page(id, { states: null, cursor: query.cursor ?? null, limit: query.limit })
      const hosts = await tails(page.tasks.map(({ host }) => host))
      return { hosts: hosts.filter((host) => host.outputs.length > 0), next: page.next, mark: null }
    },
  )
  app.get(
    '/v1/rollouts/:id/outputs/:host/:attempt/:step',
    { schema: { params: outputParams, produces: ['text/plain'], response: { 200: text, ...refusals } } },
    async ({ params: { id, host, attempt, step } }, reply) => {
      const rollout = await knownRollout(ports, id)
      const parts = fullOutput({ asks, outputs }, rollout, host, { attempt, step })
      // Before anything is sent, so that a refusal has its own status.
      const first = await parts.next()
      return reply.type('text/plain; charset=utf-8').send(Readable.from(all(first, parts)))
    },
  )
}

async function* all(first: IteratorResult<Uint8Array, unknown>, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.done !== true) yield first.value
  yield* rest
}

/** @throws MusterError host_unknown */
async function knownTask(ports: Ports, id: string, host: HostName): Promise<void> {
  const known = await ports.rollouts.tasks(id, [host])
  if (!known.has(host)) throw problem('host_unknown', `${host} is not in ${id}`, { field: 'host', expected: 'a host of this rollout' })
}
