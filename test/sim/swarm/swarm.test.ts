import fc from 'fast-check'
import { expect, test } from 'vitest'
import { outcomeOf } from './outcome.ts'
import { FLEET, LAB } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { World } from './world.ts'

const RUNS = Math.min(500, Number(process.env['MUSTER_FC_RUNS'] ?? 25))

const share = (max: number) => fc.double({ min: 0, max, noNaN: true })
const anyScenario = fc.record<Partial<Scenario>>({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  hosts: fc.integer({ min: 1, max: 40 }),
  datacenters: fc.constantFrom(1, 2),
  hostsPerRack: fc.integer({ min: 1, max: 12 }),
  pieces: fc.integer({ min: 1, max: 70 }),
  relaySpeed: fc.constantFrom(0.5, 1, 2, 10),
  hostSlots: fc.integer({ min: 1, max: 6 }),
  hostLine: fc.integer({ min: 0, max: 4 }),
  latencyMs: fc.integer({ min: 0, max: 80 }),
  newsMs: fc.integer({ min: 0, max: 1_000 }),
  startSpreadMs: fc.integer({ min: 0, max: 3_000 }),
  dying: share(0.5), lying: share(0.3), stalling: share(0.5), late: share(1),
}).map((some): Scenario => ({ ...LAB, segmentsPerPiece: 2, ...some }))

function simulated(scenario: Scenario): World {
  const world = new World(scenario)
  world.run()
  return world
}

/** What must hold at any time is insisted on while it runs: nobody asks across datacenters, or a liar again, or more than its limits, or waits for nothing. */
test('whatever befalls a swarm, every host that lives gets everything', { timeout: 120_000 }, () => {
  fc.assert(fc.property(anyScenario, (scenario) => {
    const world = simulated(scenario)
    const left = world.hosts.filter(({ willDie, character, download }) => !willDie && character === 'honest' && !download.isDone)
    expect(left.map(({ name }) => name)).toEqual([])
    expect(world.relays.slice(1).every(({ overWan }) => overWan <= scenario.pieces)).toBe(true)
  }), { numRuns: RUNS })
})

test('equal seeds give equal swarms', () => {
  const scenario: Scenario = { ...FLEET, hosts: 20, pieces: 30, dying: 0.1, lying: 0.05 }
  const [one, other] = [simulated(scenario), simulated(scenario)]
  expect(other.hosts.map(({ finishedMs }) => finishedMs)).toEqual(one.hosts.map(({ finishedMs }) => finishedMs))
})

test.each<{ what: string; scenario: Scenario; lastRatio: number; copies: number }>([
  { what: 'equal links', scenario: LAB, lastRatio: 1.16, copies: 1.2 },
  { what: 'an origin of ten uplinks', scenario: { ...LAB, relaySpeed: 10 }, lastRatio: 1.1, copies: 3 },
  { what: 'two dead and one that lies', scenario: { ...LAB, dying: 2 / 12, lying: 1 / 12 }, lastRatio: 1.23, copies: 1.3 },
  { what: 'one host alone', scenario: { ...LAB, hosts: 1 }, lastRatio: 1.01, copies: 1 },
])('the lab, $what', ({ scenario, lastRatio, copies }) => {
  const outcome = outcomeOf(simulated(scenario))
  expect(outcome.lastRatio).toBeLessThan(lastRatio)
  expect(outcome.copies[0]).toBeLessThanOrEqual(copies)
})

test('a hundred hosts in two datacenters: near the limit, few copies from the relays, one over the WAN', () => {
  const outcome = outcomeOf(simulated({ ...FLEET, hosts: 100, pieces: 128 }))
  expect(outcome.medianRatio).toBeLessThan(1.25)
  expect(outcome.wanCopies).toEqual([1])
  for (const copies of outcome.copies) expect(copies).toBeLessThan(3)
})
