/** Turns a request into an order: which hosts, in which order, to which revision, by which strategy. Changes nothing. */
import { problem } from '../../shared/errors.ts'
import { issueField, issueMessage } from '../../shared/issue.ts'
import { matchesGlob, namedHosts, parseSelector, selects } from '../../shared/selector.ts'
import type { Selector } from '../../shared/selector.ts'
import { strategySchema } from '../../shared/strategy.ts'
import type { Strategy } from '../../shared/strategy.ts'
import { byName, orderHosts } from '../rollout/order.ts'
import { waveSizes } from '../rollout/plan.ts'
import type { Release, RevisionRecord, ServiceEntry } from './ports/catalogue.ts'
import type { HostRecord } from './ports/hosts.ts'
import type { Ports } from './ports/ports.ts'
import { Revisions } from './revision.ts'

export type Request = { service: string; release: string; hosts?: string | undefined; strategy?: Record<string, unknown> | undefined }

export type LeftOut = { host: string; why: string }

/** A host and what it is to run. */
export type PlannedHost = HostRecord & { revision: string }

export type Plan = {
  entry: ServiceEntry
  release: Release
  /** Of a host that overrides nothing. */
  revision: string
  /** The base revision and those of the hosts, each once. */
  records: RevisionRecord[]
  strategy: Strategy
  /** In the order of their turns. */
  hosts: PlannedHost[]
  leftOut: LeftOut[]
}

/** The rollout's own state grows with its waves, and is saved with every event. */
export const MAX_WAVES = 1000

/** @throws MusterError service_unknown, release_unknown, strategy_invalid, selector_invalid, host_unknown, no_hosts */
export async function plan(ports: Ports, request: Request): Promise<Plan> {
  const entry = await ports.catalogue.service(request.service)
  if (entry === null) {
    const known = (await ports.catalogue.services()).map(({ spec }) => spec.service)
    throw problem('service_unknown', `there is no service ${request.service}`, { field: 'service', expected: oneOf(known, 'a service; apply one first') })
  }
  const release = await ports.catalogue.getRelease(request.service, request.release)
  if (release === null) {
    const known = (await ports.catalogue.releases(request.service)).map(({ version }) => version)
    const expected = oneOf(known, 'a release; create one first')
    throw problem('release_unknown', `${request.service} has no release ${request.release}`, { field: 'release', expected })
  }
  const strategy = strategyOf(entry, request)
  const { chosen, leftOut } = chooseHosts(await ports.hosts.all(), entry, request.hosts)
  const waves = waveSizes(strategy.waves, chosen.length).length
  if (waves > MAX_WAVES) {
    throw problem('strategy_invalid', `strategy.waves: ${waves} waves over ${chosen.length} hosts; a rollout has at most ${MAX_WAVES}`, {
      field: 'strategy.waves', expected: 'larger waves; concurrency: 1 takes the hosts of a wave one after another',
    })
  }
  const revisions = new Revisions(entry.spec, release)
  const planned = new Map(chosen.map((host): [string, PlannedHost] => [host.host, { ...host, revision: revisions.of(host).goal.revision }]))
  const hosts = orderHosts(chosen, strategy.order).map((name) => planned.get(name)!)
  return { entry, release, revision: revisions.base.goal.revision, records: revisions.all, strategy, hosts, leftOut }
}

/** The rollout's own fields override the service's. */
function strategyOf(entry: ServiceEntry, request: Request): Strategy {
  const parsed = strategySchema.safeParse({ ...entry.spec.strategy, ...request.strategy })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const field = issueField({ ...issue, path: ['strategy', ...issue.path] })
  throw problem('strategy_invalid', `${field}: ${issueMessage(issue)}`, { field })
}

function chooseHosts(all: readonly HostRecord[], entry: ServiceEntry, wanted: string | undefined): { chosen: HostRecord[]; leftOut: LeftOut[] } {
  const belongs = selector(entry.spec.hosts, 'service.hosts')
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
    else if (named.includes(host.host)) leftOut.push({ host: host.host, why: `${entry.spec.service} belongs on ${entry.spec.hosts}` })
  }
  if (chosen.length > 0) return { chosen: asListed(chosen, narrowed ?? belongs), leftOut }
  const selectors = wanted === undefined ? entry.spec.hosts : `${entry.spec.hosts} and ${wanted}`
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

const MAX_LISTED = 10

function oneOf(known: readonly string[], otherwise: string): string {
  if (known.length === 0) return otherwise
  const more = known.length > MAX_LISTED ? ` and ${known.length - MAX_LISTED} more` : ''
  return `one of ${known.slice(0, MAX_LISTED).join(', ')}${more}`
}
