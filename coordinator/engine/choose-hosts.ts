/** Which hosts a rollout is about, in the order in which the selector names them, and why others that somebody might expect are not. */
import { problem } from '../../shared/errors.ts'
import { matchesGlob, namedHosts, parseSelector, selects } from '../../shared/selector.ts'
import type { Selector } from '../../shared/selector.ts'
import { byName } from '../rollout/order.ts'
import type { HostRecord } from './ports/hosts.ts'

export type LeftOut = { host: string; why: string }
export type Choice = { chosen: HostRecord[]; leftOut: LeftOut[] }

/**
 * @param of who wants hosts, and which it may have
 * @param wanted a selector that narrows them
 * @throws MusterError selector_invalid, host_unknown, no_hosts
 */
export function chooseHosts(all: readonly HostRecord[], of: { who: string; hosts: string }, wanted: string | undefined): Choice {
  const belongs = selector(of.hosts, 'service.hosts')
  const narrowed = wanted === undefined ? null : selector(wanted, 'hosts')
  const known = new Set(all.map(({ host }) => host))
  const named = narrowed === null ? [] : namedHosts(narrowed)
  const missing = named.find((host) => !known.has(host))
  if (missing !== undefined) throw problem('host_unknown', `there is no host ${missing}`, { field: 'hosts', expected: 'names that `muster host list` shows' })

  const chosen: HostRecord[] = []
  const leftOut: LeftOut[] = []
  for (const host of all.toSorted((a, b) => byName(a.host, b.host))) {
    const belongsHere = selects(belongs, host)
    const isWanted = narrowed === null || selects(narrowed, host)
    if (belongsHere && isWanted) chosen.push(host)
    else if (belongsHere) leftOut.push({ host: host.host, why: `not selected by ${wanted}` })
    else if (named.includes(host.host)) leftOut.push({ host: host.host, why: `${of.who} belongs on ${of.hosts}` })
  }
  if (chosen.length > 0) return { chosen: asListed(chosen, narrowed ?? belongs), leftOut }
  const selectors = wanted === undefined ? of.hosts : `${of.hosts} and ${wanted}`
  throw problem('no_hosts', `no host matches ${selectors}`, { field: 'hosts', expected: `a selector that matches some of the ${all.length} known hosts` })
}

/** Hosts that a selector names come in its order, those of one glob as they are; so do all where it names none. */
function asListed(hosts: readonly HostRecord[], { terms }: Selector): HostRecord[] {
  const placeOf = ({ host }: HostRecord) => terms.findIndex((term) => term.kind === 'name' && matchesGlob(term.glob, host))
  return hosts.toSorted((a, b) => placeOf(a) - placeOf(b))
}

function selector(text: string, field: string): Selector {
  const parsed = parseSelector(text)
  if (parsed.ok) return parsed.selector
  throw problem('selector_invalid', parsed.message, { field })
}
