/** What a greeting says that was not so before, for the host's history. Pure. */
import type { Installed } from '../../../shared/command.ts'
import type { HistoryEntry } from '../../engine/ports/history.ts'
import type { InstalledSince } from '../../engine/ports/hosts.ts'
import type { Greeting, LastSeen } from '../../engine/ports/sessions.ts'

/** Nobody wants to know of an absence that is shorter: a restart, a network that was away. */
export const LONG_ABSENCE_MS = 10 * 60_000

export function arrival(before: LastSeen | null, { labels }: Pick<Greeting, 'labels'>, epoch: number, now: number): HistoryEntry[] {
  const awayMs = before === null ? null : now - before.seenAtMs
  const connected = awayMs === null || awayMs >= LONG_ABSENCE_MS
  const changes = before === null ? [] : labelChanges(before.labels, labels)
  return [
    ...(connected ? [{ id: `connected/${epoch}`, atMs: now, kind: 'connected' as const, awayMs }] : []),
    ...(changes.length > 0 ? [{ id: `labels/${epoch}`, atMs: now, kind: 'labels' as const, changes }] : []),
  ]
}

type Labels = Readonly<Record<string, string>>

function labelChanges(before: Labels, after: Labels) {
  // a host may well have a label `constructor`
  const valueOf = (labels: Labels, label: string) => (Object.hasOwn(labels, label) ? labels[label] ?? null : null)
  const all = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...all].sort()
    .map((label) => ({ label, before: valueOf(before, label), after: valueOf(after, label) }))
    .filter((change) => change.before !== change.after)
}

/** What is installed, each with since when it is so. */
export function dated(installed: readonly Installed[], before: readonly InstalledSince[], now: number): InstalledSince[] {
  return installed.map((one) => {
    const was = before.find(({ service }) => service === one.service)
    const isAsBefore = was !== undefined && was.revision === one.revision && (was.findings.length === 0) === (one.findings.length === 0)
    return { ...one, sinceMs: isAsBefore ? was.sinceMs : now }
  })
}

/** What was found since, and what is as it should be again. */
export function found(installed: readonly Installed[], before: readonly Installed[], now: number): HistoryEntry[] {
  return installed.flatMap(({ service, findings }) => {
    const was = before.find((one) => one.service === service)?.findings ?? []
    if (JSON.stringify(was) === JSON.stringify(findings)) return []
    return [{ id: `found/${service}/${now}`, atMs: now, kind: 'found' as const, service, findings: findings.map(({ message }) => message) }]
  })
}
