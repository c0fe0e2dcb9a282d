/** The hosts of a rollout that somebody should look at: what has failed, what is not known, and what takes long. */
import type { TaskView } from '../../shared/api/rollout.ts'
import { formatDuration } from '../../shared/duration.ts'
import { counted } from '../text/counted.ts'
import { hostRanges } from '../text/host-ranges.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { alignedLines } from '../text/table.ts'
import type { Client } from '../client.ts'

export const FAILED_SHOWN = 1000
export const IN_WORK_SHOWN = 200

/** `more`: there are more failed hosts than `failed` has. */
export type Attention = { failed: TaskView[]; inWork: TaskView[]; more: boolean }

/** Rows come in the order of their turns, so the first of those in work are those that began first. */
export async function attentionOf(client: Client, id: string, limits = { failed: FAILED_SHOWN, inWork: IN_WORK_SHOWN }): Promise<Attention> {
  const [failed, inWork] = await Promise.all([
    client.tasks(id, { states: ['failed', 'timed-out', 'unreachable'], limit: limits.failed }),
    client.tasks(id, { states: ['claimed', 'running', 'unknown'], limit: limits.inWork }),
  ])
  return { failed: failed.tasks, inWork: inWork.tasks, more: failed.next !== null }
}

/** One entry per reason, however many hosts have it; the words are those of the first. */
export function failureLines({ failed, more }: Attention, maxGroups: number): Line[] {
  if (failed.length === 0) return []
  const groups = [...Map.groupBy(failed, sameReason).values()].toSorted((a, b) => b.length - a.length)
  const left = groups.slice(maxGroups).reduce((sum, tasks) => sum + tasks.length, 0)
  return [
    [styled(more ? `failed: more than ${failed.length} hosts` : `failed: ${counted(failed.length, 'host')}`, 'bad')],
    ...groups.slice(0, maxGroups).flatMap((tasks): Line[] => [
      [`  ${reasonOf(tasks[0]!)}`],
      [styled(`    ${counted(tasks.length, 'host')}: ${hostRanges(tasks.map(({ host }) => host))}`, 'faint')],
      ...lastLineOf(tasks),
    ]),
    ...(left > 0 ? [[styled(`  ${counted(left, 'more host')} for other reasons`, 'faint')]] : []),
  ]
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

function reasonOf({ state, failure }: TaskView): string {
  if (failure === null) return state
  const { step, message, revert } = failure
  const where = step === null || message.startsWith(`${step}:`) ? state : `${state} at ${step}`
  return `${where}: ${message}${revert === 'failed' ? ' — and what ran before could not be put back' : ''}`
}

/** Equal for hosts that failed alike: their own name, local ports, pids, times and counts of tries set them apart for no good reason. */
function sameReason(task: TaskView): string {
  return reasonOf(task)
    .replaceAll(task.host, 'HOST')
    .replace(/(\blocalhost|\b127\.0\.0\.1|\[::1\]):\d+/g, '$1:PORT')
    .replace(/\bpid \d+/g, 'pid N')
    .replace(/\d+(\.\d+)?(?= ?(ms|s|m|h|tries|attempts)\b)/g, 'N')
}

/** The last words of one of them. Where what ran before has been put back, the last words are of that, and say nothing. */
function lastLineOf(tasks: readonly TaskView[]): Line[] {
  const task = tasks.find(({ lastLine, failure }) => lastLine !== null && failure?.revert !== 'succeeded')
  return task === undefined ? [] : [[styled(`    ${task.host} | ${task.lastLine}`, 'faint')]]
}
