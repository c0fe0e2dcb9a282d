/** Hosts as people see them: who is here, what they run, what they should run. */
import type { HostView, HostStatus } from '../../../shared/api/host.ts'
import type { RolloutId } from '../../../shared/ids.ts'
import { certificateState } from '../../engine/certificate-state.ts'
import { standingOf } from '../../engine/convergence/drift.ts'
import { SILENT_AFTER_MS } from '../../engine/ports/hosts.ts'
import type { Assignment, HostRecord } from '../../engine/ports/hosts.ts'
import type { Identities, Identity } from '../../engine/ports/identities.ts'
import type { Ports } from '../../engine/ports/ports.ts'

type Around = { versionOf: (revision: string) => string | null; isActive: (id: RolloutId) => boolean; now: number }

export function statusOf({ session, seenAtMs, revoked }: Pick<HostRecord, 'session' | 'seenAtMs' | 'revoked'>, now: number): HostStatus {
  if (revoked !== null) return 'revoked'
  return session === null ? 'away' : now - seenAtMs > SILENT_AFTER_MS ? 'silent' : 'connected'
}

export function byName(a: { host: string }, b: { host: string }): number {
  return a.host.localeCompare(b.host, 'en', { numeric: true })
}

/** In the order in which they are given. */
export async function hostViews(ports: Ports & { identities: Identities }, hosts: readonly HostRecord[]): Promise<HostView[]> {
  const names = hosts.map(({ host }) => host)
  const [entries, active] = await Promise.all([ports.catalogue.services(), ports.rollouts.active()])
  const assigned = await Promise.all(entries.map(({ spec }) => ports.assignments.of(spec.service, names)))
  const revisions = await ports.catalogue.revisions(assigned.flatMap((of) => [...of.values()].flatMap(({ revision }) => revision ?? [])))
  const isActive = new Set(active)
  const around = {
    versionOf: (revision: string) => revisions.get(revision)?.goal.version ?? null, isActive: (id: RolloutId) => isActive.has(id), now: ports.clock(),
  }
  const identities = await Promise.all(names.map((host) => ports.identities.get('agent', host)))
  return hosts.map((host, index) => ({
    ...hostView(host, assigned.flatMap((of) => of.get(host.host) ?? []), around),
    identity: identities[index] ? identityView(identities[index], around.now) : null,
  }))
}

export function identityView(identity: Identity, now: number): NonNullable<HostView['identity']> {
  const { role, labels, token, enrolledAtMs, certificate } = identity
  return { role, labels, token, enrolledAtMs, certificate: { ...certificate, state: certificateState(certificate, now) } }
}

function hostView(record: HostRecord, assignments: readonly Assignment[], around: Around): Omit<HostView, 'identity'> {
  const { host, labels, ignoredLabels, revoked, agentVersion, facts, load, installed, firstSeenAtMs, seenAtMs } = record
  const names = [...new Set([...installed.map(({ service }) => service), ...assignments.map(({ service }) => service)])].sort()
  const services = names.map((service) =>
    serviceView(service, installed.find((one) => one.service === service), assignments.find((one) => one.service === service), around))
  const status = statusOf(record, around.now)
  return { host, status, labels, ignoredLabels, revoked, agentVersion, facts, load, services, firstSeenAtMs, seenAtMs }
}

function serviceView(
  service: string, runs: HostRecord['installed'][number] | undefined, should: Assignment | undefined, { versionOf, isActive }: Around,
): HostView['services'][number] {
  return {
    service,
    version: runs?.version ?? null,
    revision: runs?.revision ?? null,
    assigned: should?.revision ? versionOf(should.revision) : null,
    assignedBy: should?.rollout ?? null,
    standing: standingOf(runs, should, isActive).kind,
    findings: runs?.findings ?? [],
    sinceMs: runs?.sinceMs ?? null,
  }
}
