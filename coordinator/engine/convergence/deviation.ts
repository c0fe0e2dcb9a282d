/**
 * Which hosts of a service are not where they should be, why, and whether the system may take them there by itself. Reads, and changes nothing. It never
 * speaks of a host that a rollout works on, nor for a rollout that failed, was aborted or was taken back: those are a person's to judge.
 */
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import { hasEnded } from '../../../shared/states.ts'
import type { Rollout, Task } from '../../rollout/state.ts'
import { overlapsOf } from '../busy.ts'
import type { Release, RevisionRecord, ServiceEntry } from '../ports/catalogue.ts'
import type { Assignment, HostRecord } from '../ports/hosts.ts'
import type { Ports } from '../ports/ports.ts'
import { faultOf } from '../release.ts'
import { Revisions } from '../revision.ts'
import { behindOf } from './behind.ts'
import { standingOf } from './drift.ts'
import { intentFor } from './intent.ts'

/**
 * `away`: it was assigned its revision while it was away. `joined`: it belongs to the service and has never been assigned anything, or what it took when
 * it joined does not count any more. `drifted`: it was there, and is no longer. `again`: an earlier catch-up did not get it there.
 */
export type Cause = 'away' | 'joined' | 'drifted' | 'again'

/** `record`: what the host is to run. */
export type Deviation = { host: HostName; cause: Cause; record: RevisionRecord }

/**
 * @param open the service's rollouts that have not ended, read before `members`: what a rollout has done by its end, its hosts have reported
 * @param members hosts that belong to the service and are here
 */
export async function deviationsOf(ports: Ports, entry: ServiceEntry, open: readonly Rollout[], members: readonly HostRecord[]): Promise<Deviation[]> {
  const { service } = entry.spec
  if (open.some(isHeld)) return []
  const assigned = await ports.assignments.of(service, members.map(({ host }) => host))
  const isOpen = new Set(open.map(({ id }) => id))
  const well = members.filter((member) => isWell(member, service, assigned.get(member.host)))
  const found = await behindOf(ports, service, well, assigned, (id) => isOpen.has(id))
  const behind = new Set(found.filter(({ isJoined }) => isJoined).map(({ host }) => host))
  const isToStay = new Set(well).difference(behind)
  const astray = members.filter((member) => !isToStay.has(member))
  const busy = new Set((await overlapsOf(ports, open, astray.map(({ host }) => host))).flatMap(({ hosts }) => hosts))
  const free = astray.filter(({ host }) => !busy.has(host))
  const deviations = await Promise.all([
    joining(ports, entry, open, free.filter((host) => !assigned.has(host.host) || behind.has(host))),
    astrayFrom(ports, entry, free.flatMap((host) => (behind.has(host) ? [] : (assigned.get(host.host) ?? [])))),
  ])
  return deviations.flat()
}

/** Somebody, or something, has stopped a deployment of the service, or is taking it back. */
function isHeld({ kind, phase }: Rollout): boolean {
  return kind === 'deploy' && (phase === 'paused' || phase === 'rolling-back')
}

function isWell({ installed }: HostRecord, service: string, assignment: Assignment | undefined): boolean {
  return assignment !== undefined && standingOf(installed.find((one) => one.service === service), assignment, () => false).kind === 'well'
}

/** While a deployment is under way nobody knows yet what a new host should run. */
async function joining(ports: Ports, entry: ServiceEntry, open: readonly Rollout[], hosts: readonly HostRecord[]): Promise<Deviation[]> {
  const { service, joins } = entry.spec
  if (hosts.length === 0 || joins === 'report' || open.some(({ kind }) => kind === 'deploy')) return []
  const intents = await ports.intents.of(service)
  const revisions = new Map<RolloutId, Revisions | null>()
  const deviations: Deviation[] = []
  for (const host of hosts) {
    const intent = intentFor(intents, host)
    if (intent === null) continue
    if (!revisions.has(intent.rollout)) {
      const release = await trustedRelease(ports, service, intent.release)
      const { spec } = (await ports.catalogue.entry(service, intent.entry)) ?? entry
      revisions.set(intent.rollout, release === null ? null : new Revisions(spec, release))
    }
    const record = revisions.get(intent.rollout)?.of(host)
    const runs = host.installed.find((one) => one.service === service)
    if (record !== undefined && runs?.revision !== record.goal.revision) deviations.push({ host: host.host, cause: 'joined', record })
  }
  return deviations
}

/** Null for one that is not there, or is not what was signed: nobody is taken to it. */
async function trustedRelease(ports: Ports, service: string, version: string): Promise<Release | null> {
  const release = await ports.catalogue.getRelease(service, version)
  const fault = release === null ? null : faultOf(ports, release)
  if (fault === null) return release
  ports.log.error({ service, version }, `hosts that join are not taken to a release: ${fault}`)
  return null
}

async function astrayFrom(ports: Ports, { spec }: ServiceEntry, assignments: readonly Assignment[]): Promise<Deviation[]> {
  const records = await ports.catalogue.revisions(assignments.flatMap(({ revision }) => revision ?? []))
  const deviations: Deviation[] = []
  for (const [id, of] of Map.groupBy(assignments, ({ rollout }) => rollout)) {
    const rollout = (await ports.rollouts.load(id))?.rollout ?? null
    const tasks = await ports.rollouts.tasks(id, of.map(({ host }) => host))
    for (const { host, revision } of of) {
      const record = records.get(revision ?? '')
      const task = tasks.get(host) ?? null
      if (record === undefined || (rollout !== null && !stands(rollout, task))) continue
      const cause = causeOf(rollout, task)
      if (cause !== 'drifted' || spec.drift === 'converge') deviations.push({ host, cause, record })
    }
  }
  return deviations
}

/** Whether what the rollout has assigned to the host may be taken as what somebody wants. */
function stands({ kind, phase }: Rollout, task: Task | null): boolean {
  if (kind === 'catch-up') return hasEnded(phase)
  return phase === 'succeeded' || (phase === 'rolled-back' && task?.direction === 'back')
}

function causeOf(rollout: Rollout | null, task: Task | null): Cause {
  if (task === null || task.state === 'succeeded') return 'drifted'
  if (rollout?.kind === 'catch-up') return 'again'
  return task.state === 'unreachable' ? 'away' : 'drifted'
}
