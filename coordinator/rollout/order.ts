/** The order in which hosts take their turns. */
import type { HostName } from '../../shared/ids.ts'
import type { Strategy } from '../../shared/strategy.ts'

export type OrderedHost = { host: HostName; labels: Readonly<Record<string, string>> }

/** Labels that name what tends to fail together, the widest first. */
const FAILURE_DOMAINS = ['dc', 'rack'] as const

/**
 * `spread`: takes hosts from the failure domains (dc, then rack) in turn, so that neighbours in the order, and so the hosts of a small wave,
 * share as little as possible. Deterministic: equal input gives equal order.
 */
export function orderHosts(hosts: readonly OrderedHost[], order: Strategy['order']): HostName[] {
  if (order === 'as-listed') return hosts.map(({ host }) => host)
  return spread([...hosts].sort((a, b) => byName(a.host, b.host)), 0).map(({ host }) => host)
}

function spread(hosts: OrderedHost[], level: number): OrderedHost[] {
  const label = FAILURE_DOMAINS[level]
  if (label === undefined || hosts.length < 2) return hosts
  const groups = new Map<string, OrderedHost[]>()
  for (const host of hosts) {
    const key = host.labels[label] ?? ''
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [host])
    else group.push(host)
  }
  const inner = [...groups.entries()].sort(([a], [b]) => byName(a, b)).map(([, group]) => spread(group, level + 1))
  return interleave(inner)
}

type Group = { hosts: OrderedHost[]; taken: number }

/** Merges the groups so that each is spread evenly over the whole, and no two neighbours are of one group where that can be avoided. */
function interleave(members: OrderedHost[][]): OrderedHost[] {
  const groups = members.map((hosts): Group => ({ hosts, taken: 0 }))
  const order: OrderedHost[] = []
  let last: Group | null = null
  for (let left = members.flat().length; left > 0; left--) {
    const next = nextGroup(groups, last, left)
    order.push(next.hosts[next.taken++]!)
    last = next
  }
  return order
}

/** The group whose next host is the furthest behind, but never the last one again unless it has most of what is left; such a one may not wait. */
function nextGroup(groups: Group[], last: Group | null, left: number): Group {
  const most = groups.find(({ hosts, taken }) => 2 * (hosts.length - taken) > left)
  if (most !== undefined && most !== last) return most
  const eligible = most === undefined ? groups.filter((group) => group !== last) : groups
  return eligible.reduce((a, b) => (placeOf(b) < placeOf(a) ? b : a))
}

/** Where a group's next host belongs in the whole: the k-th of n at (k + ½) / n. */
function placeOf({ hosts, taken }: Group): number {
  return taken < hosts.length ? (taken + 0.5) / hosts.length : Infinity
}

/** Numbers in names count as numbers: web-2 comes before web-10. */
export function byName(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : 1)
}

const collator = new Intl.Collator('en', { numeric: true })
