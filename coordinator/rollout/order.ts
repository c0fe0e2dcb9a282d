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

/** Merges the groups so that each is spread evenly over the whole: the k-th of n members stands at (k + ½) / n. */
function interleave(groups: OrderedHost[][]): OrderedHost[] {
  const placed = groups.flatMap((group, index) => group.map((host, k) => ({ host, at: (k + 0.5) / group.length, index })))
  return placed.sort((a, b) => a.at - b.at || a.index - b.index).map(({ host }) => host)
}

/** Numbers in names count as numbers: web-2 comes before web-10. */
function byName(a: string, b: string): number {
  return collator.compare(a, b)
}

const collator = new Intl.Collator('en', { numeric: true })
