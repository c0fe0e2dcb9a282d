/** Turns a request into an order: which hosts, in which order, to which revision, by which strategy. Changes nothing. */
import { problem } from '../../shared/errors.ts'
import { issueField, issueMessage } from '../../shared/issue.ts'
import { strategySchema } from '../../shared/strategy.ts'
import type { Strategy, StrategyInput } from '../../shared/strategy.ts'
import { orderHosts } from '../rollout/order.ts'
import { waveSizes } from '../rollout/plan.ts'
import { chooseHosts } from './choose-hosts.ts'
import type { LeftOut } from './choose-hosts.ts'
import type { Release, RevisionRecord, ServiceEntry } from './ports/catalogue.ts'
import type { HostRecord } from './ports/hosts.ts'
import type { Ports } from './ports/ports.ts'
import { refuseUnsigned } from './release.ts'
import { holdRelease } from './retention.ts'
import { Revisions } from './revision.ts'

export type Request = { service: string; release: string; hosts?: string | undefined; strategy?: Record<string, unknown> | undefined }

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

/** @throws MusterError service_unknown, release_unknown, signature_invalid, release_retired, strategy_invalid, selector_invalid, host_unknown, no_hosts */
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
  refuseUnsigned(ports, release)
  await holdRelease(ports, release)
  const strategy = strategyOf(entry.spec.strategy, request.strategy)
  const { chosen, leftOut } = chooseHosts(await ports.hosts.all(), { who: request.service, hosts: entry.spec.hosts }, request.hosts)
  boundWaves(strategy, chosen.length)
  checkScripts(strategy, release)
  const revisions = new Revisions(entry.spec, release)
  const planned = new Map(chosen.map((host): [string, PlannedHost] => [host.host, { ...host, revision: revisions.of(host).goal.revision }]))
  const hosts = orderHosts(chosen, strategy.order).map((name) => planned.get(name)!)
  return { entry, release, revision: revisions.base.goal.revision, records: revisions.all, strategy, hosts, leftOut }
}

/** The rollout's own fields override `usual`. @throws MusterError strategy_invalid */
export function strategyOf(usual: StrategyInput, own: Record<string, unknown> | undefined): Strategy {
  const parsed = strategySchema.safeParse({ ...usual, ...own })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const field = issueField({ ...issue, path: ['strategy', ...issue.path] })
  throw problem('strategy_invalid', `${field}: ${issueMessage(issue)}`, { field })
}

/**
 * Scripts that run once have no defaults: without a package of scripts there is nothing that they could name.
 * @throws MusterError strategy_invalid
 */
function checkScripts({ before, after, gate }: Strategy, { service, version, cmd }: Release): void {
  const named = { before, 'gate.test': gate.kind === 'test' && gate.after !== 'none' ? [gate.test] : [], after }
  const [field, [name]] = Object.entries(named).find(([, names]) => names.length > 0) ?? ['', []]
  if (cmd !== null || name === undefined) return
  throw problem('strategy_invalid', `strategy.${field}: ${service} ${version} has no scripts of its own that ${name} could be among`, {
    field: `strategy.${field}`, expected: `a release made with --cmd, with an executable ${name}`,
  })
}

/** @throws MusterError strategy_invalid */
export function boundWaves(strategy: Strategy, hosts: number): void {
  const waves = waveSizes(strategy.waves, hosts).length
  if (waves <= MAX_WAVES) return
  throw problem('strategy_invalid', `strategy.waves: ${waves} waves over ${hosts} hosts; a rollout has at most ${MAX_WAVES}`, {
    field: 'strategy.waves', expected: 'larger waves; concurrency: 1 takes the hosts of a wave one after another',
  })
}

const MAX_LISTED = 10

function oneOf(known: readonly string[], otherwise: string): string {
  if (known.length === 0) return otherwise
  const more = known.length > MAX_LISTED ? ` and ${known.length - MAX_LISTED} more` : ''
  return `one of ${known.slice(0, MAX_LISTED).join(', ')}${more}`
}
