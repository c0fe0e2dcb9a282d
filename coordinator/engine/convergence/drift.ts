/** Whether a host is as it should be, service by service. Pure: what it runs, what it is assigned, and which rollouts are under way decide. */
import type { Finding } from '../../../shared/command.ts'
import type { RolloutId } from '../../../shared/ids.ts'
import type { Assignment, InstalledSince } from '../ports/hosts.ts'

/**
 * `other`: another revision. `missing`: not installed. `surplus`: installed, and assigned nothing. `behind`: as assigned, and the service says something
 * else. The rest is what the host itself found.
 */
export type DriftKind = 'other' | 'missing' | 'surplus' | 'behind' | Finding['kind']

/** `message`: what the host says; null of what follows from its assignment. */
export type Drift = { kind: DriftKind; message: string | null }

/** `deploying`: it is not what it should be, and the rollout that says so is at work on it. `sinceMs` null: not known. */
export type Standing =
  | { kind: 'well' }
  | { kind: 'deploying'; by: RolloutId }
  | { kind: 'drifted'; drifts: Drift[]; sinceMs: number | null }

/** @param isActive whether a rollout has not ended */
export function standingOf(runs: InstalledSince | undefined, assignment: Assignment | undefined, isActive: (id: RolloutId) => boolean): Standing {
  const should = assignment?.revision ?? null
  const kind: DriftKind | null = (runs?.revision ?? null) === should ? null : runs === undefined ? 'missing' : should === null ? 'surplus' : 'other'
  if (kind !== null && assignment !== undefined && isActive(assignment.rollout)) return { kind: 'deploying', by: assignment.rollout }
  const drifts: Drift[] = [...(kind === null ? [] : [{ kind, message: null }]), ...(runs?.findings ?? [])]
  return drifts.length === 0 ? { kind: 'well' } : { kind: 'drifted', drifts, sinceMs: runs?.sinceMs ?? null }
}
