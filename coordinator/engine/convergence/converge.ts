/**
 * Takes hosts by itself to where they should be: those that were away, that joined, that drifted. Owns how little of that happens at once: one
 * catch-up per service and release, small, never beside a rollout on the same hosts, never in a freeze.
 */
import { parseSelector, selects } from '../../../shared/selector.ts'
import type { Rollout } from '../../rollout/state.ts'
import { openOf } from '../busy.ts'
import { freezeOn } from '../calendar/open-freezes.ts'
import { systemEntry } from '../ports/audit.ts'
import type { ServiceEntry } from '../ports/catalogue.ts'
import type { HostRecord } from '../ports/hosts.ts'
import type { Ports } from '../ports/ports.ts'
import { MAX_CATCH_UP_HOSTS, startCatchUp } from './catch-up.ts'
import { deviationsOf } from './deviation.ts'
import type { Deviation } from './deviation.ts'
import { candidatesAmong } from './tries.ts'
import type { Candidate, GivenUp } from './tries.ts'

/** Reading all hosts and assignments costs something; a host that connects has it done by the next sweep. */
export const CONVERGE_EVERY_MS = 15_000
/** Hosts that give up and are put into the record, per service and time. */
const MAX_TOLD = 50

const lookedAtMs = new WeakMap<Ports, number>()

/** A host has connected: the next sweep looks, however long ago the last one did. */
export function lookSoon(ports: Ports): void {
  lookedAtMs.delete(ports)
}

export async function converge(ports: Ports): Promise<void> {
  const now = ports.clock()
  if (now - (lookedAtMs.get(ports) ?? -Infinity) < CONVERGE_EVERY_MS) return
  lookedAtMs.set(ports, now)
  const all = await ports.hosts.all()
  const connected = await ports.hosts.connected(all.map(({ host }) => host), now)
  const here = all.filter(({ host }) => connected.has(host))
  for (const entry of await ports.catalogue.services()) {
    try {
      await convergeService(ports, entry, here)
    } catch (error) {
      ports.log.error({ service: entry.spec.service, err: error }, 'hosts of a service cannot be taken to where they should be; the next sweep tries again')
    }
  }
}

async function convergeService(ports: Ports, entry: ServiceEntry, here: readonly HostRecord[]): Promise<void> {
  const { service, hosts: belonging } = entry.spec
  const parsed = parseSelector(belonging)
  const members = parsed.ok ? here.filter((host) => selects(parsed.selector, host)) : []
  const found = await candidatesOf(ports, entry, await openOf(ports, service), members)
  if (found.length === 0) return
  await ports.turns.inTurn(service, async (turn) => {
    // Looked at once more, now that no rollout can begin: what was read before may have been the middle of one.
    const open = await openOf(ports, service)
    const fresh = (await Promise.all(found.slice(0, MAX_CATCH_UP_HOSTS).map(({ deviation }) => ports.hosts.get(deviation.host)))).flatMap((host) => host ?? [])
    const ready = await candidatesOf(ports, entry, open, fresh)
    for (const candidates of Map.groupBy(ready, ({ deviation }) => deviation.record.goal.version).values()) {
      await startCatchUp(ports, entry, candidates, members.length, turn)
    }
  })
}

async function candidatesOf(ports: Ports, entry: ServiceEntry, open: readonly Rollout[], members: readonly HostRecord[]): Promise<Candidate[]> {
  const { service } = entry.spec
  const deviations = await deviationsOf(ports, entry, open, members)
  const { candidates, givenUp } = await candidatesAmong(ports, service, await unfrozen(ports, service, members, deviations), ports.clock())
  await tellGivenUp(ports, service, givenUp)
  return candidates.filter(({ deviation }) => !isCatchingUp(open, deviation.record.goal.version))
}

function isCatchingUp(open: readonly Rollout[], release: string): boolean {
  return open.some((rollout) => rollout.kind === 'catch-up' && rollout.release === release)
}

async function unfrozen(ports: Ports, service: string, members: readonly HostRecord[], deviations: readonly Deviation[]): Promise<Deviation[]> {
  if (deviations.length === 0) return []
  const records = new Map(members.map((member) => [member.host, member]))
  const frozen = await freezeOn(ports, service, ports.clock())
  return deviations.filter(({ host }) => !frozen.some((freeze) => freeze.covers(records.get(host)!)))
}

/** Once for each host and revision. */
async function tellGivenUp(ports: Ports, service: string, givenUp: readonly GivenUp[]): Promise<void> {
  for (const { host, why, last } of givenUp.slice(0, MAX_TOLD)) {
    await ports.audit.record(systemEntry({
      atMs: ports.clock(), verb: 'host.give-up', targets: [`host/${host}`, `service/${service}`, `rollout/${last.rollout}`],
      reason: `not taken to ${last.revision} any more: ${why}`,
    }), `gave-up/${service}/${host}/${last.rollout}`)
  }
}
