/** Drift over HTTP: who is not as it should be; and hosts asked to look now. */
import { z } from 'zod'
import { driftViewSchema, inspectedSchema } from '../../../../shared/api/drift.ts'
import type { ServiceDriftView } from '../../../../shared/api/drift.ts'
import type { HostName } from '../../../../shared/ids.ts'
import { behindOf } from '../../../engine/convergence/behind.ts'
import { driftGroups } from '../../../engine/convergence/drift-groups.ts'
import { leftAlone } from '../../../engine/convergence/tries.ts'
import type { ServiceEntry } from '../../../engine/ports/catalogue.ts'
import type { HostRecord } from '../../../engine/ports/hosts.ts'
import type { Ports } from '../../../engine/ports/ports.ts'
import type { App, HttpDeps } from '../deps.ts'
import { byName, statusOf } from '../host-views.ts'
import { refusals } from '../refusals.ts'
import { knownService, serviceParams } from './services.ts'

/** Hosts that look at the same time: it costs each of them some reading. */
export const INSPECTED_AT_ONCE = 100
/** Shorter than any client waits for an answer. */
export const INSPECT_WITHIN_MS = 20_000

const inspectQuery = z.object({ cursor: z.string().max(200).optional().describe('`next` of the answer before') })

export function driftRoutes(app: App, { ports, asks }: HttpDeps): void {
  app.get(
    '/v1/drift',
    { schema: { querystring: z.object({ service: z.string().optional() }), response: { 200: driftViewSchema, ...refusals } } },
    async ({ query: { service } }) => {
      const entries = service === undefined ? await ports.catalogue.services() : [await knownService(ports, service)]
      const [hosts, active] = await Promise.all([ports.hosts.all(), ports.rollouts.active()])
      const sorted = hosts.toSorted(byName)
      return { services: await Promise.all(entries.map((entry) => serviceDrift(ports, entry, sorted, new Set(active)))) }
    },
  )
  app.post(
    '/v1/services/:service/inspect',
    { config: { changesNothing: true }, schema: { params: serviceParams, querystring: inspectQuery, response: { 200: inspectedSchema, ...refusals } } },
    async ({ params: { service }, query: { cursor } }) => {
      await knownService(ports, service)
      const now = ports.clock()
      const running = (await ports.hosts.all()).filter((host) => statusOf(host, now) === 'connected' && runs(host, service) !== undefined)
      const left = running.toSorted(byName).filter((host) => cursor === undefined || byName(host, { host: cursor }) > 0)
      const asked = left.slice(0, INSPECTED_AT_ONCE).map(({ host }) => host)
      const silent = (await Promise.all(asked.map((host) => inspect(host)))).filter((host) => host !== null)
      return { inspected: asked.length - silent.length, silent, next: left.length > asked.length ? (asked.at(-1) ?? null) : null }

      async function inspect(host: HostName): Promise<HostName | null> {
        return asks.ask(host, { kind: 'inspect', service }, INSPECT_WITHIN_MS).then(() => null, () => host)
      }
    },
  )
}

async function serviceDrift(
  ports: Ports, { spec: { service, drift } }: ServiceEntry, hosts: readonly HostRecord[], active: ReadonlySet<string>,
): Promise<ServiceDriftView> {
  const now = ports.clock()
  const assigned = await ports.assignments.of(service, hosts.map(({ host }) => host))
  const revisions = await ports.catalogue.revisions([...assigned.values()].flatMap(({ revision }) => revision ?? []))
  const isActive = (id: string) => active.has(id)
  const behind = new Map((await behindOf(ports, service, hosts, assigned, isActive)).map(({ host, message }) => [host.host, message]))
  const members = hosts
    .map((host) => ({
      host: host.host, isHere: statusOf(host, now) === 'connected', seenAtMs: host.seenAtMs, runs: runs(host, service), assignment: assigned.get(host.host),
      behind: behind.get(host.host) ?? null,
    }))
    .filter(({ runs: installed, assignment }) => installed !== undefined || (assignment?.revision ?? null) !== null)
  const around = { versionOf: (revision: string) => revisions.get(revision)?.goal.version ?? null, isActive }
  const seen = driftGroups(members, around)
  const drifted = new Set(seen.groups.flatMap((group) => group.hosts))
  const shouldRun = new Map([...drifted].map((host) => [host, assigned.get(host)?.revision ?? null]))
  return { service, policy: drift, ...seen, leftAlone: await leftAlone(ports, service, shouldRun, now) }
}

function runs({ installed }: HostRecord, service: string): HostRecord['installed'][number] | undefined {
  return installed.find((one) => one.service === service)
}
