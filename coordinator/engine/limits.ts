/** Limits over everything that Muster does to a service, from its entry and the hosts that it belongs on to numbers of hosts. */
import type { HostName } from '../../shared/ids.ts'
import { hasEnded } from '../../shared/states.ts'
import { parseSelector, selects } from '../../shared/selector.ts'
import type { ServiceSpec } from '../../shared/service.ts'
import { allowance } from '../rollout/plan.ts'
import type { Rollout } from '../rollout/state.ts'
import { mayBeDown } from '../rollout/tell.ts'
import type { HostRecord } from './ports/hosts.ts'
import type { Candidate } from './ports/places.ts'
import type { Ports } from './ports/ports.ts'

/** How old the count of a service's hosts may be: reading ten thousand for every slot would cost more than it is worth. */
export const COUNTED_EVERY_MS = 10_000

type Asking = Pick<Rollout, 'id' | 'service'>
export type Reservation = { reserved: HostName[]; limit: string | null }

/** Reserves places for hosts in line; `limit` says which limit kept the first of them back. */
export async function reserve(ports: Ports, by: Asking, hosts: readonly HostName[], atMost: number): Promise<Reservation> {
  const { service } = by
  const entry = await ports.catalogue.service(service)
  if (entry === null || hosts.length === 0) return { reserved: hosts.slice(0, atMost), limit: null }
  const members = await membersOf(ports, entry.spec)
  const labels = new Map(members.map((host) => [host.host, host.labels]))
  const candidates = hosts.map((host): Candidate => ({ host, groups: groupsOf(entry.spec, labels.get(host) ?? {}) }))
  const room = roomOf(entry.spec, members)
  const { reserved, full } = await ports.places.reserve(by, candidates, room, atMost)
  return { reserved, limit: full === null ? null : sentence(service, full, room.get(full) ?? 0) }
}

/**
 * Frees the host's place where this rollout may: one that it has from an ended rollout, which could not put it back, is this one's to free as well.
 * @returns whether it did
 */
export async function freePlace(ports: Ports, { id, service }: Asking, host: HostName): Promise<boolean> {
  const from = (await ports.places.taken(service)).get(host)
  if (from === undefined) return false
  const other = from === id ? null : ((await ports.rollouts.load(from))?.rollout ?? null)
  return other !== null && !hasEnded(other.phase) ? false : ports.places.free(service, host, from)
}

/** Of an ended rollout: who may still be down keeps its place. Others were reserved by a coordinator that did not live to grant them. */
export async function freeLeftPlaces(ports: Ports, { id, service, limited }: Rollout): Promise<void> {
  if (!limited) return
  const hosts = [...(await ports.places.taken(service))].flatMap(([host, from]) => (from === id ? [host] : []))
  const tasks = await ports.rollouts.tasks(id, hosts)
  for (const host of hosts) {
    const task = tasks.get(host)
    if (task === undefined || !mayBeDown(task)) await ports.places.free(service, host, id)
  }
}

/** How many hosts of each group may be down: percentages are of the service's hosts in the group, rounded down, but never less than one. */
export function roomOf({ limits }: Pick<ServiceSpec, 'limits'>, members: readonly Pick<HostRecord, 'labels'>[]): Map<string, number> {
  const room = new Map<string, number>()
  for (const { down, per } of limits) {
    const sizes = Map.groupBy(members, ({ labels }) => groupOf(per, labels))
    for (const [group, { length }] of sizes) {
      const allowed = Math.max(1, allowance(down, length))
      room.set(group, Math.min(allowed, room.get(group) ?? allowed))
    }
  }
  return room
}

function groupsOf({ limits }: ServiceSpec, labels: HostRecord['labels']): string[] {
  return [...new Set(limits.map(({ per }) => groupOf(per, labels)))]
}

function groupOf(per: string | null, labels: HostRecord['labels']): string {
  return per === null ? '*' : `${per}=${labels[per] ?? ''}`
}

function sentence(service: string, group: string, allowed: number): string {
  const where = group === '*' ? '' : ` in ${group}`
  return `${allowed} of ${service}'s hosts${where} ${allowed === 1 ? 'is' : 'are'} down, and its limit allows no more`
}

type Counted = { atMs: number; members: HostRecord[] }
const counted = new WeakMap<Ports, Map<string, Counted>>()

async function membersOf(ports: Ports, { service, hosts }: ServiceSpec): Promise<HostRecord[]> {
  const now = ports.clock()
  const ofPorts = counted.get(ports) ?? new Map<string, Counted>()
  counted.set(ports, ofPorts)
  const known = ofPorts.get(`${service} ${hosts}`)
  if (known !== undefined && now - known.atMs < COUNTED_EVERY_MS) return known.members
  const parsed = parseSelector(hosts)
  const members = parsed.ok ? (await ports.hosts.all()).filter((host) => selects(parsed.selector, host)) : []
  ofPorts.set(`${service} ${hosts}`, { atMs: now, members })
  return members
}
