/** Hosts over HTTP: who is here, what they run and should run, what happened to them; and away with those that are gone for good. */
import { z } from 'zod'
import { HOST_STATUSES, historySchema, hostDetailSchema, hostsSchema, removedHostSchema, removeHostQuerySchema } from '../../../../shared/api/host.ts'
import { problem } from '../../../../shared/errors.ts'
import { parseSelector, selects } from '../../../../shared/selector.ts'
import type { HostRecord } from '../../../engine/ports/hosts.ts'
import type { Ports } from '../../../engine/ports/ports.ts'
import type { Mail } from '../../../engine/ports/sessions.ts'
import { removeHost } from '../../../engine/remove-host.ts'
import { actorOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { byName, hostViews, statusOf } from '../host-views.ts'
import { pageQuery } from '../page.ts'
import { refusals } from '../refusals.ts'

const hostParams = z.object({ host: z.string() })
const hostsQuery = pageQuery.extend({
  selector: z.string().default('*').describe('labels, names, globs'),
  status: z.enum(HOST_STATUSES).optional(),
})

export function hostRoutes(app: App, { ports, identities, mail }: HttpDeps): void {
  app.get(
    '/v1/hosts',
    { schema: { querystring: hostsQuery, response: { 200: hostsSchema, ...refusals } } },
    async ({ query: { selector, status, cursor, limit } }) => {
      const hosts = (await selected(ports, selector)).filter((host) => status === undefined || statusOf(host, ports.clock()) === status)
      // Hosts come and go: a page begins behind the name that the one before ended with, whether or not that host is still there.
      const left = hosts.toSorted(byName).filter((host) => cursor === undefined || byName(host, { host: cursor }) > 0)
      const page = left.slice(0, limit)
      return { hosts: await hostViews({ ...ports, identities }, page), next: left.length > page.length ? (page.at(-1)?.host ?? null) : null }
    },
  )
  app.get(
    '/v1/hosts/:host',
    { schema: { params: hostParams, response: { 200: hostDetailSchema, ...refusals } } },
    async ({ params: { host } }) => {
      const record = await knownHost(ports, host)
      const [views, box] = await Promise.all([hostViews({ ...ports, identities }, [record]), mail.look(host)])
      return { ...views[0]!, commands: [...box.mail.values()].map(commandView) }
    },
  )
  app.get(
    '/v1/hosts/:host/history',
    { schema: { params: hostParams, querystring: pageQuery, response: { 200: historySchema, ...refusals } } },
    async ({ params: { host }, query: { limit, cursor = null } }) => {
      const page = await ports.history.of(host, { limit, before: cursor })
      if (page.entries.length === 0) await knownHost(ports, host)
      return page
    },
  )
  app.delete(
    '/v1/hosts/:host',
    { schema: { params: hostParams, querystring: removeHostQuerySchema, response: { 200: removedHostSchema, ...refusals } } },
    async (request) => {
      const { host } = request.params
      return { host, ...await removeHost({ ...ports, identities }, host, { by: actorOf(request), reason: request.query.reason ?? null }) }
    },
  )
}

/** @throws MusterError selector_invalid */
async function selected(ports: Ports, selector: string): Promise<HostRecord[]> {
  const parsed = parseSelector(selector)
  if (!parsed.ok) throw problem('selector_invalid', parsed.message, { field: 'selector' })
  return (await ports.hosts.all()).filter((host) => selects(parsed.selector, host))
}

/** @throws MusterError host_unknown */
async function knownHost(ports: Ports, name: string): Promise<HostRecord> {
  const record = await ports.hosts.get(name)
  if (record !== null) return record
  throw problem('host_unknown', `there is no host ${name}`, { field: 'host', expected: 'a name that `muster host list` shows' })
}

function commandView({ command, grantedEpoch, killed }: Mail) {
  return { id: command.id, rollout: command.rollout, action: command.action.kind, granted: grantedEpoch !== null, killed }
}
