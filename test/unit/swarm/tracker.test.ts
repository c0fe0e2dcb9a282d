import { expect, test } from 'vitest'
import type { AnnouncementAnswer } from '../../../shared/distribution/protocol.ts'
import { announceAtMs } from '../../../shared/swarm/announcing.ts'
import { Tracker } from '../../../shared/swarm/tracker.ts'
import type { Announced } from '../../../shared/swarm/tracker.ts'
import { Random } from '../../sim/random.ts'

const PIECES = 100
const random = new Random(7)
const chance = (): number => random.next()
const who = (at: number, some: Partial<Announced> = {}): Announced => ({
  host: `h${at}`, address: '10.0.0.1', port: 4611, rack: `r${at % 8}`, dc: `dc${at % 2}`, have: 0, starving: false, ...some,
})

/** All announce themselves twice, one after the other. */
function announceAll(tracker: Tracker, hosts: Announced[], nowMs: number): Map<string, AnnouncementAnswer> {
  for (const host of hosts) tracker.announce(host, nowMs, chance)
  return new Map(hosts.map((host) => [host.host, tracker.announce(host, nowMs + 1, chance)]))
}

function reached(answers: Map<string, AnnouncementAnswer>, from: string): Set<string> {
  const seen = new Set([from])
  for (const host of seen) for (const neighbour of answers.get(host)!.neighbours) seen.add(neighbour.host)
  return seen
}

test('everybody is told of some others in his datacenter, in his rack and beyond it; who is told of one is told to him; and all hang together', () => {
  const hosts = Array.from({ length: 400 }, (_, at) => who(at))
  const answers = announceAll(new Tracker(PIECES), hosts, 0)
  for (const { host, dc, rack } of hosts) {
    const { neighbours } = answers.get(host)!
    const names = neighbours.map((neighbour) => neighbour.host)
    expect(new Set(names).size).toBe(names.length)
    expect(names).not.toContain(host)
    expect(names.length).toBeGreaterThanOrEqual(6)
    expect(names.length).toBeLessThanOrEqual(16)
    expect(neighbours.every((neighbour) => hosts.find((one) => one.host === neighbour.host)!.dc === dc)).toBe(true)
    expect(neighbours.some((neighbour) => neighbour.rack === rack)).toBe(true)
    expect(neighbours.some((neighbour) => neighbour.rack !== rack)).toBe(true)
  }
  expect(reached(answers, 'h0').size).toBe(200)
})

test('who comes when all lists are full finds neighbours, and they him', () => {
  const tracker = new Tracker(PIECES)
  const early = Array.from({ length: 60 }, (_, at) => who(at, { dc: 'dc0', have: 50 }))
  for (let round = 0; round < 5; round++) announceAll(tracker, early, round * 100)
  const late = Array.from({ length: 100 }, (_, at) => who(100 + at, { dc: 'dc0' }))
  const answers = announceAll(tracker, [...early, ...late], 1000)
  for (const { host } of late) expect(answers.get(host)!.neighbours.length).toBeGreaterThanOrEqual(8)
  expect(reached(answers, 'h100').size).toBe(160)
})

test('few may ask the relay, others when these have gone, and who starves first', () => {
  const tracker = new Tracker(PIECES, { askers: 3 })
  const hosts = Array.from({ length: 40 }, (_, at) => who(at, { dc: 'dc0' }))
  const may = (nowMs: number, some: Announced[] = hosts): string[] => some.filter((host) => tracker.announce(host, nowMs, chance).mayAsk).map(({ host }) => host)
  expect(may(0)).toEqual(['h0', 'h1', 'h2'])
  expect(may(500)).toEqual(['h0', 'h1', 'h2'])
  expect(may(1000, [who(30, { dc: 'dc0', starving: true })])).toEqual([])
  expect(may(1100, [...hosts.slice(0, 1), who(30, { dc: 'dc0', starving: true })])).toEqual(['h30'])
  expect(may(5000, hosts.slice(10))).toHaveLength(3)
  expect(may(5001, hosts.slice(0, 10))).toEqual([])
})

test('a host alone may ask; one that has everything need not; and where many have, only who starves', () => {
  expect(new Tracker(PIECES).announce(who(1), 0, chance)).toMatchObject({ mayAsk: true, neighbours: [] })
  const tracker = new Tracker(PIECES)
  for (let at = 0; at < 10; at++) expect(tracker.announce(who(at, { dc: 'dc0', have: PIECES }), 0, chance).mayAsk).toBe(false)
  expect(tracker.announce(who(20, { dc: 'dc0' }), 0, chance).mayAsk).toBe(false)
  expect(tracker.announce(who(20, { dc: 'dc0', starving: true }), 300, chance).mayAsk).toBe(true)
})

test('a few who say that they have everything, truly or not, keep nobody of a large swarm from asking', () => {
  const tracker = new Tracker(PIECES)
  for (let at = 0; at < 1000; at++) tracker.announce(who(at, { dc: 'dc0', have: at < 40 ? PIECES : 0 }), 0, chance)
  expect(tracker.announce(who(500, { dc: 'dc0' }), 5000, chance).mayAsk).toBe(true)
  for (let at = 40; at < 60; at++) tracker.announce(who(at, { dc: 'dc0', have: PIECES }), 5000, chance)
  expect(tracker.announce(who(500, { dc: 'dc0' }), 5001, chance).mayAsk).toBe(false)
})

test('who is silent for too long, or has said goodbye, is nobody\'s neighbour any more', () => {
  const tracker = new Tracker(PIECES)
  announceAll(tracker, [who(0), who(2), who(4)], 0)
  tracker.leave('h2')
  expect(tracker.announce(who(0), 10, chance).neighbours.map(({ host }) => host)).toEqual(['h4'])
  tracker.announce(who(0), 5000, chance)
  expect(tracker.announce(who(0), 9000, chance).neighbours).toEqual([])
  expect([tracker.size, tracker.isEmpty(9000), tracker.isEmpty(100_000)]).toEqual([1, false, true])
})

test('a swarm of twenty thousand is told to come back seldom, and not all at the same time; who starves may come sooner, but not at once', () => {
  const tracker = new Tracker(PIECES)
  for (let at = 0; at < 20_000; at++) tracker.announce(who(at), 0, chance)
  const nextMs = [0, 0.5, 0.999].map((random) => tracker.announce(who(19_998), 1900, () => random).nextMs)
  expect(nextMs).toEqual([10_000, 20_000, 29_980])
  expect(tracker.announce(who(19_998), 1900, chance).mayAsk).toBe(false)
  expect(announceAtMs(1000, 20_000, false)).toBe(21_000)
  expect(announceAtMs(1000, 20_000, true)).toBe(6000)
})
