/** Hosts over HTTP: who is here, what they run, what they should run. */
import { z } from 'zod'
import { hostViewSchema, hostsSchema } from '../../../shared/api/host.ts'
import type { HostView } from '../../../shared/api/host.ts'
import { problem } from '../../../shared/errors.ts'
import { parseSelector, selects } from '../../../shared/selector.ts'
import { SILENT_AFTER_MS } from '../../engine/ports/hosts.ts'
import type { Assignment, HostRecord } from '../../engine/ports/hosts.ts'
import type { Ports } from '../../engine/ports/ports.ts'
import type { App, HttpDeps } from './deps.ts'
import { refusals } from './refusals.ts'

export function hostRoutes(app: App, { ports }: HttpDeps): void {
  app.get(
    '/v1/hosts',
    { schema: { querystring: z.object({ selector: z.string().default('*') }), response: { 200: hostsSchema, ...refusals } } },
    async (request) => {
      const parsed = parseSelector(request.query.selector)
      if (!parsed.ok) throw problem('selector_invalid', parsed.message, { field: 'selector' })
      const hosts = (await ports.hosts.all()).filter((host) => selects(parsed.selector, host))
      return { hosts: await hostViews(ports, hosts) }
    },
  )
  app.get(
    '/v1/hosts/:host',
    { schema: { params: z.object({ host: z.string() }), response: { 200: hostViewSchema, ...refusals } } },
    async (request) => {
      const record = await ports.hosts.get(request.params.host)
      const view = record === null ? undefined : (await hostViews(ports, [record]))[0]
      if (view !== undefined) return view
      throw problem('host_unknown', `there is no host ${request.params.host}`, {
        field: 'host',
        expected: 'a name that `muster host list` shows',
      })
    },
  )
}

async function hostViews(ports: Ports, hosts: readonly HostRecord[]): Promise<HostView[]> {
  const now = ports.clock()
  const names = hosts.map(({ host }) => host)
  const services = (await ports.catalogue.services()).map(({ spec }) => spec.service)
  const assigned = await Promise.all(services.map((service) => ports.assignments.of(service, names)))
  const revisions = await ports.catalogue.revisions(assigned.flatMap((of) => [...of.values()].flatMap(({ revision }) => revision ?? [])))
  return hosts
    .map((host) => {
      const mine = assigned.flatMap((of) => of.get(host.host) ?? [])
      return hostView(host, mine, (revision) => revisions.get(revision)?.goal.version ?? null, now)
    })
    .sort((a, b) => a.host.localeCompare(b.host, 'en', { numeric: true }))
}

function hostView(
  record: HostRecord,
  assignments: readonly Assignment[],
  versionOf: (revision: string) => string | null,
  now: number,
): HostView {
  const { host, labels, agentVersion, facts, load, installed, firstSeenAtMs, seenAtMs, session } = record
  const names = [...new Set([...installed.map(({ service }) => service), ...assignments.map(({ service }) => service)])].sort()
  const services = names.map((service) => {
    const runs = installed.find((entry) => entry.service === service)
    const should = assignments.find((entry) => entry.service === service)
    return {
      service,
      version: runs?.version ?? null,
      revision: runs?.revision ?? null,
      assigned: should?.revision ? versionOf(should.revision) : null,
      assignedBy: should?.rollout ?? null,
    }
  })
  const status = session === null ? 'away' : now - seenAtMs > SILENT_AFTER_MS ? 'silent' : 'connected'
  return { host, status, labels, agentVersion, facts, load, services, firstSeenAtMs, seenAtMs }
}
