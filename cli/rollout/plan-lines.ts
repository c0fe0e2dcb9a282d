/** A plan in words. Few hosts are named one by one; many are grouped by what happens to them. */
import type { PlanView } from '../../shared/api/rollout.ts'
import type { Strategy } from '../../shared/strategy.ts'
import { formatDuration } from '../../shared/duration.ts'
import { utc } from '../../shared/utc.ts'
import { counted } from '../../shared/counted.ts'
import { hostRanges } from '../text/host-ranges.ts'
import { styled } from '../text/line.ts'
import type { Line } from '../text/line.ts'
import { rateText } from '../text/size.ts'
import { alignedLines } from '../text/table.ts'

export const MAX_HOSTS_NAMED = 20

type PlannedWave = PlanView['waves'][number]
type PlannedHost = PlannedWave['hosts'][number]

export function planLines(plan: PlanView, { all }: { all: boolean }): Line[] {
  const total = plan.waves.reduce((sum, { size }) => sum + size, 0)
  const named = all || total <= MAX_HOSTS_NAMED
  const { failed, unreachable } = plan.tolerance
  const { onFailure = 'pause', before = [], after = [] } = plan.strategy as Partial<Strategy>
  return [
    [styled(`${plan.service} ${plan.release}`, 'strong'), ` on ${counted(total, 'host')} in ${counted(plan.waves.length, 'wave')}`],
    ...alignedLines([
      ['window', `${counted(plan.window, 'host')} at once${isOneWindow(plan) ? '' : ' in the first wave'}`],
      ['tolerance', `${counted(failed, 'host')} failed, ${counted(unreachable, 'host')} unreachable; beyond it: ${onFailure}`],
      ...prefetchRow(plan),
      ...(before.length === 0 ? [] : [['before', `${before.join(', ')}, once, on one host`]]),
      ...(after.length === 0 ? [] : [['after', `${after.join(', ')}, once, on one host`]]),
      ...busyRow(plan),
      ...frozenRow(plan),
    ]),
    ...plan.waves.flatMap((wave, index) => ['', ...waveOf(plan, wave, index, named)]).map(toLine),
    ...groupLines('left out', plan.leftOut),
    ...groupLines('would refuse', refusedHosts(plan)),
  ]
}

function prefetchRow({ prefetch, strategy }: PlanView): string[][] {
  if (!prefetch) return []
  const { prefetchBytesPerSecond: rate = null, prefetchWithinMs = 0 } = strategy as Partial<Strategy>
  const capped = rate === null ? '' : `, each at most ${rateText(rate)}`
  return [['prefetch', `all of them fetch before the first wave${capped}; it waits ${formatDuration(prefetchWithinMs)} for that`]]
}

function busyRow({ busy, strategy }: PlanView): string[][] {
  if (busy.length === 0) return []
  const { onBusy = 'queue' } = strategy as Partial<Strategy>
  const others = busy.map(({ rollout, hosts }) => `${rollout} (${counted(hosts, 'host')})`).join(', ')
  return [['busy', `some of these hosts are in ${others}; ${WHEN_BUSY[onBusy]}`]]
}

const WHEN_BUSY: Record<Strategy['onBusy'], string> = {
  queue: 'a start would wait for the end of that', refuse: 'a start would be refused', supersede: 'a start would abort that',
}

function frozenRow({ frozen }: PlanView): string[][] {
  if (frozen === null) return []
  const { freeze, untilMs, reason } = frozen
  return [['frozen', `by ${freeze} until ${utc(untilMs)}: ${reason}; a start would be refused without --override-freeze`]]
}

/** Without a concurrency, each wave has a window of its own size. */
function isOneWindow({ strategy, waves }: PlanView): boolean {
  return waves.length === 1 || ((strategy as Partial<Strategy>).concurrency ?? null) !== null
}

function waveOf(plan: PlanView, wave: PlannedWave, index: number, named: boolean): (string | Line)[] {
  const title: Line = [styled(`wave ${index + 1}`, 'strong'), `  ${counted(wave.size, 'host')}`]
  const rows = named
    ? wave.hosts.map((host): Line => [`  ${host.host}`, changeOf(plan.release, host)])
    : [...Map.groupBy(wave.hosts, (host) => changeOf(plan.release, host))].map(([change, hosts]): Line =>
      [`  ${change}`, `${counted(hosts.length, 'host')}:`, hostRanges(hosts.map(({ host }) => host))])
  return [title, ...alignedLines(rows), ...(wave.gate === null ? [] : [`  then ${wave.gate}`])]
}

function changeOf(release: string, { from, change, away }: PlannedHost): string {
  const presence = away ? ', away' : ''
  switch (change) {
    case 'install':
      return `installs ${release}${presence}`
    case 'update':
      return `${from ?? 'unknown'} → ${release}${presence}`
    case 'none':
      return `runs ${release} already${presence}`
  }
}

function refusedHosts({ waves }: PlanView): PlanView['leftOut'] {
  return waves.flatMap(({ hosts }) => hosts.flatMap(({ host, refused }) => (refused === null ? [] : [{ host, why: refused }])))
}

/** By why. */
function groupLines(what: string, some: PlanView['leftOut']): Line[] {
  if (some.length === 0) return []
  const groups = [...Map.groupBy(some, ({ why }) => why)]
  return [[], [styled(what, 'strong'), `  ${counted(some.length, 'host')}`],
    ...groups.map(([why, hosts]): Line => [`  ${why}: ${hostRanges(hosts.map(({ host }) => host))}`])]
}

function toLine(line: string | Line): Line {
  return typeof line === 'string' ? [line] : line
}
