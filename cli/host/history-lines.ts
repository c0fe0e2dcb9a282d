/** What happened to a host, line by line. */
import type { HistoryEntryView } from '../../shared/api/host.ts'
import { counted } from '../../shared/counted.ts'
import { formatDuration } from '../../shared/duration.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { RUN } from '../../shared/service.ts'
import { toneOf } from '../rollout/change-line.ts'
import { dateAndTime } from '../text/clock.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'

export function historyLines(entries: readonly HistoryEntryView[]): Line[] {
  return alignedLines(entries.map((entry) => [styled(dateAndTime(entry.atMs), 'faint'), ...cellsOf(entry)]))
}

/** What it was about, how it ended, and the rest. */
function cellsOf(entry: HistoryEntryView): Line {
  switch (entry.kind) {
    case 'task':
      return [entry.rollout, styled(entry.state, toneOf(entry.state)), taskText(entry)]
    case 'found':
      return [entry.service, ...(entry.findings.length === 0
        ? [styled('as it should be', 'good'), 'what was found is gone']
        : [styled('found', 'odd'), entry.findings.join('; ')])]
    case 'connected':
      return ['agent', styled('connected', 'good'), entry.awayMs === null ? 'for the first time' : `after ${formatDuration(entry.awayMs)}`]
    case 'labels':
      return ['labels', styled('changed', 'busy'), entry.changes.map(changeText).join(', ')]
    case 'enrolled':
      return ['host', styled('enrolled', 'good'), `with token ${entry.token}${entry.replaced ? ', in place of another machine' : ''}`]
    case 'throttled':
      return ['agent', styled('held back', 'odd'), burstText(entry)]
    case 'removed':
      return ['host', styled('removed', 'bad'), by(entry)]
  }
}

function burstText({ frames, sizeBytes, sinceMs, atMs }: Extract<HistoryEntryView, { kind: 'throttled' }>): string {
  return `said more than it may: ${counted(frames, 'message')}, ${formatBytes(sizeBytes)}, within ${formatDuration(atMs - sinceMs)}`
}

function changeText({ label, before, after }: Extract<HistoryEntryView, { kind: 'labels' }>['changes'][number]): string {
  return `${label}: ${before ?? 'none'} → ${after ?? 'none'}`
}

/** A rollback goes from what the rollout brought to what was there before. */
function taskText(entry: Extract<HistoryEntryView, { kind: 'task' }>): string {
  const { service, release, from, direction, attempt, message } = entry
  // A command line on hosts stands where others have their release.
  if (service === RUN) return `ran: ${release}${message === null ? '' : `: ${message}`}, ${by(entry)}`
  // A host that was not asked has not said what it runs.
  const was = from === null && entry.state === 'unreachable' ? '' : `${from ?? 'nothing'} `
  const way = direction === 'forward' ? `${was}→ ${release}` : `${release} → ${from ?? 'nothing'}, back`
  const tried = attempt > 1 ? `, attempt ${attempt}` : ''
  return `${service} ${way}${tried}${message === null ? '' : `: ${message}`}, ${by(entry)}`
}

function by({ by: who, reason }: { by: string; reason: string | null }): string {
  return `by ${who}${reason === null ? '' : ` (${reason})`}`
}
