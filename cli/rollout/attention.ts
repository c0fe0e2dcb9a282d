/** The hosts of a rollout that somebody should look at: what has failed, what is not known, and what takes long. */
import type { FailureGroupView, FailuresView } from '../../shared/api/failures.ts'
import type { TaskView } from '../../shared/api/rollout.ts'
import { formatDuration } from '../../shared/duration.ts'
import type { Client } from '../client.ts'
import { dateAndTime, timeOfDay } from '../text/clock.ts'
import { counted } from '../../shared/counted.ts'
import { hostRanges } from '../text/host-ranges.ts'
import { styled } from '../text/line.ts'
import type { Line, Tone } from '../text/line.ts'
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

/** One entry per trouble, however many hosts have it. Unreachable is not failed. */
export function failureLines({ failures: { groups, others } }: Attention, maxGroups: number): Line[] {
  const shown = groups.slice(0, maxGroups)
  const left = groups.slice(maxGroups).reduce((sum, { count }) => sum + count, others)
  return [
    ...kindLines(groups, shown, 'failed', 'bad'),
    ...kindLines(groups, shown, 'unreachable', 'odd'),
    ...(left > 0 ? [[styled(`  ${counted(left, 'more host')} for other reasons`, 'faint')]] : []),
  ]
}

function kindLines(all: readonly FailureGroupView[], shown: readonly FailureGroupView[], kind: FailureGroupView['kind'], tone: Tone): Line[] {
  const hosts = all.reduce((sum, group) => sum + (group.kind === kind ? group.count : 0), 0)
  return hosts === 0 ? [] : [[styled(`${kind}: ${counted(hosts, 'host')}`, tone)], ...shown.filter((group) => group.kind === kind).flatMap(groupLines)]
}

function groupLines(group: FailureGroupView): Line[] {
  const { kind, reason, count, hosts, example } = group
  const more = count > hosts.length ? ` and ${counted(count - hosts.length, 'more host')}` : ''
  return [
    [`  ${reason.replace(`${kind}: `, '')}`],
    [styled(`    ${counted(count, 'host')}: ${hostRanges(hosts)}${more}${sinceText(group)}`, 'faint')],
    ...(example === null ? [] : [[styled(`    ${example.host} | ${example.lastLine}`, 'faint')]]),
  ]
}

/** Since when, and whether there is hope. */
function sinceText({ sinceMs, back, count }: FailureGroupView): string {
  const again = back === 0 ? '' : `; ${back === count ? (count === 1 ? 'here again' : 'all here again') : `${back} of them here again`}`
  return `, since ${dateAndTime(sinceMs)}${again}`
}

const TITLES = {
  unknown: { tone: 'odd', hint: '; look at it, then skip or retry it' },
  away: { tone: 'odd', hint: ', in mid-work; each finishes or puts back alone, and keeps its slot until it reports or is skipped' },
  slow: { tone: 'busy', hint: '; muster rollout kill ends what hangs' },
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
  const rows = tasks.slice(0, max).map((task): Line => {
    const { host, step, sinceMs, lastLine } = task
    return [`  ${host}`, step ?? '', `for ${formatDuration(now - sinceMs)}${untilText(title, task)}`, styled(lastLine === null ? '' : `| ${lastLine}`, 'faint')]
  })
  const rest = tasks.length > max ? [[styled(`  and ${tasks.length - max} more`, 'faint')]] : []
  return [[styled(`${title}: ${counted(tasks.length, 'host')}`, tone), hint], ...alignedLines(rows), ...rest]
}

/** Whoever has gone away in mid-work is waited for until then. */
function untilText(title: keyof typeof TITLES, { dueAtMs }: TaskView): string {
  return title === 'away' && dueAtMs !== null ? `, unknown at ${timeOfDay(dueAtMs)}` : ''
}
