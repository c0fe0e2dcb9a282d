/** The hosts of a rollout that somebody should look at: what has failed, what is not known, and what takes long. */
import type { FailureGroupView, FailuresView } from '../../shared/api/failures.ts'
import type { TaskView } from '../../shared/api/rollout.ts'
import { formatDuration } from '../../shared/duration.ts'
import type { Client } from '../client.ts'
import { dateAndTime } from '../text/clock.ts'
import { counted } from '../text/counted.ts'
import { hostRanges } from '../text/host-ranges.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'

export const IN_WORK_SHOWN = 200

export type Attention = { failures: FailuresView; inWork: TaskView[] }

/** Rows come in the order of their turns, so the first of those in work are those that began first. */
export async function attentionOf(client: Client, id: string, maxInWork = IN_WORK_SHOWN): Promise<Attention> {
  const [failures, inWork] = await Promise.all([
    client.failures(id),
    client.tasks(id, { states: ['claimed', 'running', 'unknown'], limit: maxInWork }),
  ])
  return { failures, inWork: inWork.tasks }
}

/** One entry per trouble, however many hosts have it. */
export function failureLines({ failures: { hosts, groups, others } }: Attention, maxGroups: number): Line[] {
  if (hosts === 0) return []
  const left = groups.slice(maxGroups).reduce((sum, { count }) => sum + count, others)
  return [
    [styled(`failed: ${counted(hosts, 'host')}`, 'bad')],
    ...groups.slice(0, maxGroups).flatMap(groupLines),
    ...(left > 0 ? [[styled(`  ${counted(left, 'more host')} for other reasons`, 'faint')]] : []),
  ]
}

function groupLines(group: FailureGroupView): Line[] {
  const { reason, count, hosts, example } = group
  const more = count > hosts.length ? ` and ${counted(count - hosts.length, 'more host')}` : ''
  return [
    [`  ${reason}`],
    [styled(`    ${counted(count, 'host')}: ${hostRanges(hosts)}${more}${absenceText(group)}`, 'faint')],
    ...(example === null ? [] : [[styled(`    ${example.host} | ${example.lastLine}`, 'faint')]]),
  ]
}

/** Since when, and whether there is hope. */
function absenceText({ kind, sinceMs, back, count }: FailureGroupView): string {
  if (kind === 'failed') return ''
  const again = back === 0 ? '' : `; ${back === count ? (count === 1 ? 'here again' : 'all here again') : `${back} of them here again`}`
  return `, since ${dateAndTime(sinceMs)}${again}`
}

const TITLES = {
  unknown: { tone: 'odd', hint: '' },
  away: { tone: 'odd', hint: ', in mid-work; each finishes or puts back alone, and keeps its slot until it reports or is skipped' },
  slow: { tone: 'busy', hint: '' },
} as const

/** Hosts whose outcome is unknown, those that have gone away in mid-work, then those that have been in work for `slowAfterMs`, the slowest first. */
export function slowLines({ inWork }: Attention, { now, slowAfterMs, max }: { now: number; slowAfterMs: number; max: number }): Line[] {
  const isSlow = ({ sinceMs }: TaskView) => now - sinceMs >= slowAfterMs
  const { unknown = [], away = [], slow = [] } = Object.groupBy(inWork, (task) =>
    task.state === 'unknown' ? 'unknown' : task.away ? 'away' : isSlow(task) ? 'slow' : 'usual')
  return [
    ...section('unknown', unknown, now, max),
    ...section('away', away, now, max),
    ...section('slow', slow.toSorted((a, b) => a.sinceMs - b.sinceMs), now, max),
  ]
}

function section(title: keyof typeof TITLES, tasks: readonly TaskView[], now: number, max: number): Line[] {
  if (tasks.length === 0) return []
  const { tone, hint } = TITLES[title]
  const rows = tasks.slice(0, max).map(({ host, step, sinceMs, lastLine }): Line =>
    [`  ${host}`, step ?? '', formatDuration(now - sinceMs), styled(lastLine === null ? '' : `| ${lastLine}`, 'faint')])
  const rest = tasks.length > max ? [[styled(`  and ${tasks.length - max} more`, 'faint')]] : []
  return [[styled(`${title}: ${counted(tasks.length, 'host')}`, tone), hint], ...alignedLines(rows), ...rest]
}
