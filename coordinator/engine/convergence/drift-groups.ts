/** A service's hosts by how they stand: those that have drifted by what is wrong with them, and apart from them who is away or being deployed. Pure. */
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import { alike, MAX_NAMED_HOSTS } from '../../rollout/alike.ts'
import type { Assignment, InstalledSince } from '../ports/hosts.ts'
import { standingOf } from './drift.ts'
import type { Drift, DriftKind } from './drift.ts'

/** `behind`: why what it is assigned is not what its service says, as a sentence; null: it is. */
export type Member = {
  host: HostName; isHere: boolean; seenAtMs: number; runs: InstalledSince | undefined; assignment: Assignment | undefined; behind: string | null
}

export type DriftGroup = { kind: DriftKind; message: string; count: number; hosts: HostName[]; sinceMs: number | null }

export type DriftGroups = {
  well: number
  drifted: number
  groups: DriftGroup[]
  deploying: { rollout: RolloutId; hosts: HostName[] }[]
  away: { hosts: HostName[]; sinceMs: number } | null
}

type Drifted = { host: HostName; kind: DriftKind; message: string; sinceMs: number | null }

export function driftGroups(
  members: readonly Member[], { versionOf, isActive }: { versionOf: (revision: string) => string | null; isActive: (id: RolloutId) => boolean },
): DriftGroups {
  const away = members.filter(({ isHere }) => !isHere)
  const judged = members.filter(({ isHere }) => isHere).map((member) => ({ ...member, standing: standingOf(member.runs, member.assignment, isActive) }))
  const all = judged.flatMap(({ standing, ...member }): Drifted[] => {
    if (standing.kind === 'well' && member.behind !== null) return [{ host: member.host, kind: 'behind', message: member.behind, sinceMs: null }]
    if (standing.kind !== 'drifted') return []
    return standing.drifts.map((drift) => ({ host: member.host, kind: drift.kind, message: sentence(drift, member, versionOf), sinceMs: standing.sinceMs }))
  })
  const deploying = judged.flatMap(({ host, standing }) => (standing.kind === 'deploying' ? [{ host, by: standing.by }] : []))
  return {
    well: judged.filter(({ standing, behind }) => standing.kind === 'well' && behind === null).length,
    drifted: new Set(all.map(({ host }) => host)).size,
    groups: [...Map.groupBy(all, ({ host, kind, message }) => `${kind} ${alike(message, host)}`).values()].map(groupOf).toSorted((a, b) => b.count - a.count),
    deploying: [...Map.groupBy(deploying, ({ by }) => by)].map(([rollout, hosts]) => ({ rollout, hosts: hosts.map(({ host }) => host) })),
    away: away.length === 0 ? null : { hosts: away.map(({ host }) => host), sinceMs: Math.min(...away.map(({ seenAtMs }) => seenAtMs)) },
  }
}

function groupOf(drifted: readonly Drifted[]): DriftGroup {
  const { kind, message } = drifted[0]!
  const times = drifted.flatMap(({ sinceMs }) => sinceMs ?? [])
  return {
    kind, message, count: drifted.length, hosts: drifted.slice(0, MAX_NAMED_HOSTS).map(({ host }) => host),
    sinceMs: times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time)),
  }
}

function sentence({ kind, message }: Drift, { runs, assignment }: Member, versionOf: (revision: string) => string | null): string {
  if (message !== null) return message
  const is = runs?.version ?? null
  const revision = assignment?.revision ?? null
  const should = revision === null ? null : (versionOf(revision) ?? 'a revision that is not in the catalogue')
  const by = assignment === undefined ? '' : ` (${assignment.rollout})`
  if (kind === 'missing') return `not installed, should run ${should}${by}`
  if (kind === 'surplus') return `runs ${is}, and is assigned nothing${by}`
  return is === should ? `runs ${is} with other settings than it should${by}` : `runs ${is}, should run ${should}${by}`
}
