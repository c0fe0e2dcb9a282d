/** The hosts of a rollout that failed, over all of its rows, by what they say. */
import { failuresViewSchema } from '../../../../shared/api/failures.ts'
import type { FailuresView } from '../../../../shared/api/failures.ts'
import type { HostName, RolloutId } from '../../../../shared/ids.ts'
import type { Outputs } from '../../../engine/ports/outputs.ts'
import type { Ports } from '../../../engine/ports/ports.ts'
import { groupFailures } from '../../../rollout/failures.ts'
import type { FailedTask } from '../../../rollout/failures.ts'
import type { App, HttpDeps } from '../deps.ts'
import { MAX_PAGE } from '../page.ts'
import { refusals } from '../refusals.ts'
import { knownRollout, rolloutParams } from './rollouts.ts'

/** Hosts of a group that are asked for their last words. */
export const MAX_WITNESSES = 20

export function failureRoutes(app: App, { ports, outputs }: HttpDeps): void {
  app.get(
    '/v1/rollouts/:id/failures',
    { schema: { params: rolloutParams, response: { 200: failuresViewSchema, ...refusals } } },
    async ({ params: { id } }) => {
      await knownRollout(ports, id)
      const tasks = await failedTasks(ports, id)
      const { groups, others } = groupFailures(tasks)
      const away = await awayOf(ports, tasks.filter(({ state }) => state === 'unreachable').map(({ host }) => host))
      return {
        hosts: tasks.length,
        others,
        groups: await Promise.all(groups.map(async ({ witnesses, ...group }) => ({
          ...group,
          back: group.kind === 'unreachable' ? group.hosts.filter((host) => !away.has(host)).length : 0,
          example: await lastWords(outputs, id, witnesses),
        }))),
      }
    },
  )
}

async function failedTasks(ports: Ports, id: RolloutId): Promise<FailedTask[]> {
  const found: FailedTask[] = []
  let cursor: string | null = null
  do {
    const page = await ports.rollouts.page(id, { states: ['failed', 'timed-out', 'unreachable'], cursor, limit: MAX_PAGE })
    found.push(...page.tasks.map(({ host, state, failure, attempt, sinceMs }) => ({ host, state, failure, attempt, sinceMs })))
    cursor = page.next
  } while (cursor !== null)
  return found
}

async function awayOf(ports: Ports, hosts: readonly HostName[]): Promise<Set<HostName>> {
  const here = await ports.hosts.connected(hosts, ports.clock())
  return new Set(hosts.filter((host) => !here.has(host)))
}

async function lastWords(outputs: Outputs, id: RolloutId, witnesses: readonly HostName[]): Promise<FailuresView['groups'][number]['example']> {
  const lines = await outputs.lastLines(id, witnesses.slice(0, MAX_WITNESSES))
  const [first] = lines
  return first === undefined ? null : { host: first[0], lastLine: first[1] }
}
