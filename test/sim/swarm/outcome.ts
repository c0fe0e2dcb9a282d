/** What came out of a simulated swarm, over its physical limit. Late hosts' time counts from when they joined; those that died or lied do not count. */
import { percentile } from '../../bench/report.ts'
import type { World } from './world.ts'

export type Outcome = { medianRatio: number; p99Ratio: number; lastRatio: number; copies: number[]; wanCopies: number[]; wastedShare: number }

export function outcomeOf(world: World): Outcome {
  const { pieces } = world.scenario
  const counted = world.hosts.filter(({ finishedMs, willDie }) => finishedMs !== null && !willDie)
  const ratios = counted.map(({ startedMs, finishedMs }) => (finishedMs! - startedMs) / world.limitMs).sort((a, b) => a - b)
  return {
    medianRatio: percentile(ratios, 0.5),
    p99Ratio: percentile(ratios, 0.99),
    lastRatio: ratios.at(-1) ?? NaN,
    copies: world.relays.map(({ sentPieces }) => sentPieces / pieces),
    wanCopies: world.relays.slice(1).map(({ overWan }) => overWan / pieces),
    wastedShare: counted.reduce((sum, { wasted }) => sum + wasted, 0) / (counted.length * pieces),
  }
}
