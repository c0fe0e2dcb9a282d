/** The small rollouts that the system begins by itself: a window of their own, no gates, and nothing but the hosts themselves decides how they end. */
import { counted } from '../../../shared/counted.ts'
import { rolloutId, sequenceOf } from '../../../shared/ids.ts'
import type { HostName } from '../../../shared/ids.ts'
import { strategySchema } from '../../../shared/strategy.ts'
import type { Strategy } from '../../../shared/strategy.ts'
import type { Rollout } from '../../rollout/state.ts'
import { SYSTEM_ACTOR, systemEntry } from '../ports/audit.ts'
import type { ServiceEntry } from '../ports/catalogue.ts'
import type { Ports } from '../ports/ports.ts'
import type { Turn } from '../ports/turns.ts'
import { create } from '../start.ts'
import type { Cause, Deviation } from './deviation.ts'
import type { Candidate } from './tries.ts'

/** Hosts of a service that catch up at once: so many, and no larger a share of those that are here. */
export const CATCH_UP_CONCURRENCY = 5
export const CATCH_UP_SHARE = 0.05
/** The others come with the next one. */
export const MAX_CATCH_UP_HOSTS = 200
/** Hosts that its entry in the record names. */
const MAX_NAMED = 10

/** @param candidates of one release @param members how many hosts of the service are here */
export async function startCatchUp(ports: Ports, { spec }: ServiceEntry, candidates: readonly Candidate[], members: number, turn: Turn): Promise<Rollout> {
  const { service, limits } = spec
  const deviations = candidates.map(({ deviation }) => deviation)
  const { goal } = deviations[0]!.record
  const id = rolloutId(service, await ports.rollouts.nextSequence(service))
  const reason = reasonFor(deviations)
  const now = ports.clock()
  const tries = candidates.map((one): [HostName, { revision: string; tries: number; lastAtMs: number; rollout: string }] => [
    one.deviation.host, { revision: one.deviation.record.goal.revision, tries: one.tries, lastAtMs: now, rollout: id },
  ])
  // First: a host whose catch-up nobody remembers would be tried for ever.
  await ports.tries.put(service, new Map(tries))
  const order = {
    id, kind: 'catch-up' as const, service, release: goal.version, revision: goal.revision, actor: SYSTEM_ACTOR, reason,
    strategy: strategyOf({ ...spec.strategy, ...(await missedStop(ports, service, deviations)) }, members), limited: limits.length > 0,
    hosts: deviations.map(({ host, record }) => ({ host, revision: record.goal.revision })),
  }
  const rollout = await create(ports, order, { records: deviations.map(({ record }) => record) }, turn)
  const targets = [`rollout/${id}`, `service/${service}`, ...deviations.slice(0, MAX_NAMED).map(({ host }) => `host/${host}`)]
  await ports.audit.record(systemEntry({ atMs: now, verb: 'rollout.start', targets, reason }), `started/${id}`)
  return rollout
}

/** A host that was away still runs the release whose `stop` the rollout that it missed overruled; the latest of several counts. */
async function missedStop(ports: Ports, service: string, deviations: readonly Deviation[]): Promise<Partial<Pick<Strategy, 'stop'>>> {
  const missed = deviations.filter(({ cause }) => cause === 'away' || cause === 'again').map(({ host }) => host)
  const assignments = await ports.assignments.of(service, missed)
  const [latest] = [...assignments.values()].map(({ rollout }) => rollout).sort((a, b) => sequenceOf(b) - sequenceOf(a))
  const stop = latest === undefined ? undefined : (await ports.rollouts.load(latest))?.rollout.strategy.stop
  return stop === undefined || stop === 'running' ? {} : { stop }
}

/** Timeouts and attempts are the service's own. */
function strategyOf(own: ServiceEntry['spec']['strategy'], members: number): Strategy {
  return strategySchema.parse({
    ...own, waves: ['100%'], concurrency: Math.max(1, Math.min(CATCH_UP_CONCURRENCY, Math.floor(members * CATCH_UP_SHARE))),
    gate: { after: 'none', kind: 'manual' }, bake: 0, before: [], after: [],
    tolerance: { failed: '100%', unreachable: '100%' }, onFailure: 'continue', offline: 'skip',
  })
}

const CAUSES: Record<Cause, (n: number) => string> = {
  away: (n) => `${counted(n, 'host')} ${n === 1 ? 'was' : 'were'} away`,
  joined: (n) => `${counted(n, 'host')} joined`,
  drifted: (n) => `${counted(n, 'host')} ${n === 1 ? 'has' : 'have'} drifted`,
  again: (n) => `${counted(n, 'host')} tried again`,
}

function reasonFor(deviations: readonly Deviation[]): string {
  const causes = Map.groupBy(deviations, ({ cause }) => cause)
  return [...causes].map(([cause, of]) => CAUSES[cause](of.length)).join(', ')
}
