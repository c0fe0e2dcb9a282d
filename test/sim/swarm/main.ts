/**
 * The swarm's pure code on simulated networks: the lab's twelve hosts, and fleets in two datacenters with stalls, deaths, liars and late joiners. Times are
 * given over the physical limit max(F/u0, F/d, N·F/(u0 + ΣU)). Equal seeds give equal runs. Fails when a bar is missed.
 *
 *   npm run sim:swarm -- [--hosts 5000 --hosts 20000] [--seed 1] [--json]
 */
import { parseArgs } from 'node:util'
import { report } from '../../bench/report.ts'
import type { Measure } from '../../bench/report.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { FLEET, LAB } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { World } from './world.ts'

type Bars = { median: number; last: number; copies: number }
type Case = { name: string; scenario: Scenario; bars: Bars }

const { values } = parseArgs({
  options: { hosts: { type: 'string', multiple: true, default: ['5000', '20000'] }, seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
})
const seed = Number(values.seed)
const LAB_BARS: Bars = { median: 1.3, last: 1.3, copies: 3 }
const FLEET_BARS: Bars = { median: 1.2, last: 1.5, copies: 3 }

const cases: Case[] = [
  { name: 'lab: 12 hosts, equal links', scenario: LAB, bars: LAB_BARS },
  { name: 'lab: origin of 10 uplinks', scenario: { ...LAB, relaySpeed: 10 }, bars: { ...LAB_BARS, last: 1.2 } },
  { name: 'lab: 2 dead, 1 lying', scenario: { ...LAB, dying: 2 / 12, lying: 1 / 12 }, bars: LAB_BARS },
  { name: 'lab: one host alone', scenario: { ...LAB, hosts: 1 }, bars: { ...LAB_BARS, last: 1.02 } },
  ...values.hosts.map((hosts) => ({ name: `${hosts} hosts, 2 datacenters`, scenario: { ...FLEET, hosts: Number(hosts) }, bars: FLEET_BARS })),
]

const measures: Measure[] = []
let missed = 0
for (const { name, scenario, bars } of cases) {
  const startedMs = performance.now()
  const world = new World({ ...scenario, seed })
  world.run()
  const outcome = outcomeOf(world)
  missed += missedBars(name, outcome, bars)
  add(name, 'limit', world.limitMs / 1000, 's')
  add(name, 'median host', outcome.medianRatio, '× limit')
  add(name, '99th percentile', outcome.p99Ratio, '× limit')
  add(name, 'last host', outcome.lastRatio, '× limit')
  outcome.copies.forEach((copies, at) => add(name, `from relay ${at}`, copies, 'copies'))
  outcome.wanCopies.forEach((copies) => add(name, 'over the WAN', copies, 'copies'))
  add(name, 'came twice', outcome.wastedShare * 100, '%')
  add(name, 'simulated in', (performance.now() - startedMs) / 1000, 's')
}
report(measures, values.json)
process.exitCode = missed === 0 ? 0 : 1

function missedBars(name: string, { medianRatio, lastRatio, copies, wanCopies }: Outcome, bars: Bars): number {
  const found = [
    [medianRatio > bars.median, `the median host took ${medianRatio.toFixed(2)} × the limit, more than ${bars.median}`],
    [lastRatio > bars.last, `the last host took ${lastRatio.toFixed(2)} × the limit, more than ${bars.last}`],
    [copies.some((each) => each > bars.copies), `relays gave out ${copies.map((each) => each.toFixed(2)).join(', ')} copies, more than ${bars.copies}`],
    [wanCopies.some((each) => each !== 1), `${wanCopies.join(', ')} copies went over the WAN, not 1`],
  ].filter(([isMissed]) => isMissed)
  for (const [, what] of found) console.error(`${name}: ${String(what)}`)
  return found.length
}

function add(name: string, metric: string, value: number, unit: string): void {
  measures.push({ bench: 'sim:swarm', case: name, system: 'muster', metric, value, unit })
}
