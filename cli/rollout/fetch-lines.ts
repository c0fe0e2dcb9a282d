/** What the hosts of a rollout fetch: all of them together in a row, and those that are furthest behind, one by one. */
import type { FetchTotalView, FetchView } from '../../shared/api/fetch.ts'
import type { RolloutView, TaskView } from '../../shared/api/rollout.ts'
import { counted } from '../../shared/counted.ts'
import { formatDuration } from '../../shared/duration.ts'
import { hasEnded } from '../../shared/states.ts'
import type { Client } from '../client.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { partText, rateText, sizeText } from '../text/size.ts'
import { alignedLines } from '../text/table.ts'

/** Hosts asked for, in the rollout's order; the furthest behind of them are shown. */
export const FETCHING_LOOKED_AT = 200

/** Those of the rollout's hosts that fetch now, the furthest behind first; nobody is asked where nothing is fetched. */
export async function fetchingOf(client: Client, { id, phase, fetched, warming }: RolloutView): Promise<TaskView[]> {
  if (hasEnded(phase) || fetched === null || !isUnderWay(fetched)) return []
  const states = warming?.state === 'open' ? (['waiting'] as const) : (['sent'] as const)
  const { tasks } = await client.tasks(id, { states: [...states], limit: FETCHING_LOOKED_AT })
  const share = ({ fetch }: TaskView) => (fetch === null ? 1 : fetch.bytesDone / fetch.bytesTotal)
  return tasks.filter((task) => share(task) < 1 && (task.state === 'sent' || task.warm === 'warming')).toSorted((a, b) => share(a) - share(b))
}

/** For the table at the top. */
export function fetchRows({ phase, fetched, warming, hosts }: RolloutView): Line[] {
  const isWarm = warming !== null && warming.state === 'over'
  const turn = (count: number) => (count === 0 ? '' : `; ${count} ${count === 1 ? 'fetches in its' : 'fetch in their'} turn`)
  return [
    ...(isWarm && !hasEnded(phase) ? [['warm', `${warming.warm} of ${counted(hosts, 'host')}${turn(warming.missed)}`]] : []),
    ...(fetched === null ? [] : [[isUnderWay(fetched) && !hasEnded(phase) ? 'fetching' : 'fetched', fetchText(fetched)]]),
  ]
}

export function fetchingLines(tasks: readonly TaskView[], max: number): Line[] {
  if (tasks.length === 0) return []
  const rows = tasks.slice(0, max).map(({ host, fetch, away }): Line => [
    `  ${host}`, fetch === null ? '' : fetchText(fetch), away ? styled('away', 'odd') : '',
  ])
  const rest = tasks.length > max ? [[styled(`  and ${tasks.length - max} more`, 'faint')]] : []
  return [[styled('fetching', 'busy'), ', the furthest behind first'], ...alignedLines(rows), ...rest]
}

/** `12.3 of 27.8 MB · 9.8 MB/s · 83% from peers · 2s left` */
export function fetchText(fetch: FetchView | FetchTotalView): string {
  const { bytesDone, bytesTotal, bytesPerSecond, fromPeersBytes, fromRelayBytes, fromOriginBytes, reusedBytes, leftMs } = fetch
  const travelled = fromPeersBytes + fromRelayBytes + fromOriginBytes
  const isAtIt = bytesDone < bytesTotal
  return [
    isAtIt ? partText(bytesDone, bytesTotal) : sizeText(bytesTotal),
    ...(isAtIt && bytesPerSecond > 0 ? [rateText(bytesPerSecond)] : []),
    ...(travelled > 0 ? [`${Math.floor(100 * fromPeersBytes / travelled)}% from peers`] : []),
    ...(reusedBytes > 0 ? [`${sizeText(reusedBytes)} were there`] : []),
    ...differences(fetch),
    ...(leftMs === null ? [] : [`${formatDuration(leftMs)} left`]),
  ].join(' · ')
}

function differences(fetch: FetchView | FetchTotalView): string[] {
  if ('delta' in fetch) return fetch.delta ? ['a difference'] : []
  return fetch.deltas === 0 ? [] : [`differences on ${counted(fetch.deltas, 'host')}`]
}

export function isUnderWay({ bytesDone, bytesTotal }: FetchTotalView): boolean {
  return bytesDone < bytesTotal
}
