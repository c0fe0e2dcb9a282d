import { describe, expect, test } from 'vitest'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import { Download } from '../../../shared/swarm/download.ts'
import type { Request } from '../../../shared/swarm/request.ts'
import { Random } from '../../sim/random.ts'

const KB = 1024

/** A download of `count` pieces that knows all digests, and peers with what they have. */
function download(count: number, peers: Record<string, number[]>, here: number[] = []): { swarm: Download; decide: (nowMs: number) => ReturnType<Download['decide']> } {
  const swarm = new Download({ count, have: Bitmap.of(count, here) })
  swarm.askable(Array.from({ length: count }, (_, index) => index))
  swarm.neighbours(Object.keys(peers))
  for (const [peer, have] of Object.entries(peers)) swarm.peerHas(peer, Bitmap.of(count, have))
  const random = new Random(1)
  return { swarm, decide: (nowMs) => swarm.decide(nowMs, () => random.next()) }
}

const peersOf = (requests: Request[]): string[] => requests.flatMap((request) => (request.of === 'peer' ? [`${request.peer}:${request.index}`] : []))

describe('asks', () => {
  test('for nothing before its digest is known', () => {
    const swarm = new Download({ count: 4, have: new Bitmap(4) })
    swarm.neighbours(['a'])
    swarm.peerHas('a', Bitmap.full(4))
    expect(swarm.decide(0, () => 0).ask).toEqual([])
    swarm.askable([2])
    expect(peersOf(swarm.decide(0, () => 0).ask)).toEqual(['a:2'])
  })

  test('the rarest first', () => {
    const { decide } = download(4, { a: [0, 1, 2, 3], b: [0, 1, 3], c: [0, 1] })
    expect(peersOf(decide(0).ask)).toContain('a:2')
  })

  test('nobody for two before he has brought one, and for nothing that is here or asked for', () => {
    const { decide } = download(8, { a: [0, 1, 2, 3, 4, 5, 6, 7], b: [0, 1] }, [0])
    const asked = peersOf(decide(0).ask)
    expect(asked).toHaveLength(2)
    expect(asked.every((one) => !one.endsWith(':0'))).toBe(true)
    expect(decide(1).ask).toEqual([])
  })

  test('relays only with leave, unless nobody else is of any use', () => {
    const { swarm, decide } = download(4, { a: [] })
    swarm.relays([{ name: 'r', serves: Bitmap.of(4, [1, 2]) }])
    expect(decide(0).ask).toEqual([])
    swarm.mayAskRelays(true)
    const [request] = decide(0).ask
    expect(request).toMatchObject({ of: 'relay', relay: 'r' })
    expect(request?.of === 'relay' && [...request.wanted.indexes()]).toEqual([1, 2])
    const alone = download(4, {})
    alone.swarm.relays([{ name: 'r', serves: null }])
    expect(alone.decide(0).ask).toHaveLength(1)
  })
})

describe('when everybody falls silent at once', () => {
  const full = [0, 1, 2, 3, 4, 5, 6, 7]

  test('after something had come, it is this host that was cut off: all are asked again, and blamed when nothing comes for long', () => {
    const { swarm, decide } = download(8, { a: full, b: full, c: full })
    for (const { id } of decide(0).ask) swarm.progress(id, KB, 100)
    for (let nowMs = 100; nowMs < 2500; nowMs += 100) {
      const { ask, cancel } = decide(nowMs)
      expect(ask).toHaveLength(cancel.length)
      expect(swarm.neighboursToWatch).toEqual(['a', 'b', 'c'])
    }
    const after = Array.from({ length: 10 }, (_, at) => decide(2600 + at * 100))
    expect(after.flatMap(({ cancel }) => cancel)).toHaveLength(3)
    expect(after.flatMap(({ ask }) => ask)).toEqual([])
    expect(swarm.neighboursToWatch).toEqual([])
  })

  test('half a second of it is enough: what was asked before is as old as what it is blamed for', () => {
    const { swarm, decide } = download(8, { a: full, b: full, c: full })
    for (const { id } of decide(0).ask.slice(1)) swarm.progress(id, KB, 500)
    decide(600)
    expect(decide(1000)).toMatchObject({ ask: { length: 1 }, cancel: { length: 1 } })
    expect(swarm.neighboursToWatch).toEqual(['a', 'b', 'c'])
  })

  test('one that says that it is busy is heard as well', () => {
    const { swarm, decide } = download(8, { a: full, b: full, c: full, d: full })
    const [first, ...others] = decide(0).ask
    for (const { id } of others) swarm.progress(id, KB, 100)
    decide(500)
    swarm.refused(first!.id, 'busy', 5000, 900)
    decide(1000)
    decide(1100)
    expect(swarm.neighboursToWatch).toHaveLength(1)
  })

  test('before anything had come, or while one of them is heard, they are blamed', () => {
    const never = download(8, { a: full, b: full, c: full })
    never.decide(0)
    never.decide(500)
    expect(never.decide(1100).ask).toEqual([])
    const { swarm, decide } = download(8, { a: full, b: full, c: full })
    const [first] = decide(0).ask
    swarm.progress(first!.id, KB, 900)
    decide(900)
    expect(decide(1100)).toMatchObject({ ask: [], cancel: { length: 2 } })
  })
})

describe('what was promised', () => {
  test('by a relay is not asked of peers, and broken off when it is here already', () => {
    const { swarm, decide } = download(2, { a: [] })
    swarm.relays([{ name: 'r', serves: null }])
    swarm.mayAskRelays(true)
    const [request] = decide(0).ask
    swarm.promised(request!.id, 0, 10)
    swarm.peerHas('a', Bitmap.full(2))
    expect(peersOf(decide(11).ask)).toEqual(['a:1'])
    const other = download(2, {})
    other.swarm.relays([{ name: 'r', serves: null }])
    const [any] = other.decide(0).ask
    other.swarm.has(0)
    other.swarm.promised(any!.id, 0, 10)
    expect(other.decide(11).cancel).toEqual([any!.id])
  })
})

describe('gives up on', () => {
  test('a request without progress for a second: its piece is asked elsewhere, its peer left alone', () => {
    const { swarm, decide } = download(1, { a: [0] })
    const first = decide(0)
    expect(first.wakeAtMs).toBe(1000)
    swarm.progress(first.ask[0]!.id, 10, 600)
    expect(decide(1000).cancel).toEqual([])
    const stalled = decide(1600)
    expect(stalled).toMatchObject({ cancel: [first.ask[0]!.id], ask: [] })
    swarm.neighbours(['a', 'b'])
    swarm.peerHas('b', Bitmap.full(1))
    expect(peersOf(decide(1601).ask)).toEqual(['b:0'])
  })

  test('nobody for having slept himself', () => {
    const { decide } = download(1, { a: [0] })
    decide(0)
    expect(decide(60_000).cancel).toEqual([])
    expect(decide(61_000).cancel).toHaveLength(1)
  })

  test('who is busy until he said, who has it not until he says so, and who lies for good', () => {
    const { swarm, decide } = download(3, { a: [0, 1, 2] })
    const busy = decide(0).ask[0]!
    swarm.refused(busy.id, 'busy', 80, 10)
    expect(decide(11)).toMatchObject({ ask: [], wakeAtMs: 90 })
    const missing = decide(90).ask[0]!
    expect(missing.of).toBe('peer')
    swarm.refused(missing.id, 'missing', 0, 100)
    const next = decide(1000).ask[0]!
    expect(next).not.toMatchObject({ index: missing.of === 'peer' ? missing.index : -1 })
    swarm.corrupt(next.id)
    expect(swarm.neighboursToWatch).toEqual([])
    swarm.neighbours([])
    swarm.neighbours(['a'])
    swarm.peerHas('a', Bitmap.full(3))
    expect(decide(100_000).ask).toEqual([])
  })

  test('a hint to come back in a day, or at once, is not believed', () => {
    const { swarm, decide } = download(1, { a: [0] })
    swarm.refused(decide(0).ask[0]!.id, 'busy', 86_400_000, 0)
    expect(decide(0).wakeAtMs).toBeLessThanOrEqual(2000)
    swarm.refused(decide(2000).ask[0]!.id, 'busy', -5, 2000)
    expect(decide(2000).wakeAtMs).toBeGreaterThan(2000)
  })
})

test('the last piece is asked for twice when it takes its time, and the slower answer is broken off', () => {
  const { swarm, decide } = download(2, { a: [0, 1], b: [0, 1] })
  const [one, other] = decide(0).ask
  swarm.arrived(one!.id, one!.of === 'peer' ? one!.index : 0, 64 * KB, 100)
  expect(decide(100).ask).toEqual([])
  const [again] = decide(151).ask
  expect(again).toMatchObject({ of: 'peer', index: other!.of === 'peer' ? other!.index : -1 })
  swarm.arrived(again!.id, again!.of === 'peer' ? again!.index : 0, 64 * KB, 300)
  expect(decide(300)).toMatchObject({ ask: [], cancel: [other!.id] })
  expect(swarm.isDone).toBe(true)
})

test('events of what is over, or was never asked, change nothing', () => {
  const { swarm, decide } = download(2, { a: [0] })
  const [request] = decide(0).ask
  swarm.failed(request!.id, 1)
  for (const id of [request!.id, 99]) {
    swarm.failed(id, 2)
    swarm.refused(id, 'busy', 10, 2)
    swarm.corrupt(id)
    swarm.promised(id, 1, 2)
    swarm.progress(id, 5, 2)
  }
  expect(decide(10_000).ask).toHaveLength(1)
})

test('it starves when no neighbour has anything for it, and not before it has waited a little', () => {
  const { swarm, decide } = download(2, { a: [] })
  decide(0)
  expect(swarm.isStarving(499)).toBe(false)
  expect(swarm.isStarving(500)).toBe(true)
  swarm.peerHas('a', Bitmap.of(2, [1]))
  expect(swarm.isStarving(500)).toBe(false)
})

test('more is under way on a link that is long and fast, within the limits', () => {
  const swarm = new Download({ count: 4096, have: new Bitmap(4096), limits: { maxRequests: 20 } })
  swarm.askable(Array.from({ length: 4096 }, (_, index) => index))
  swarm.relays([{ name: 'r', serves: null }])
  let underWay: { id: number; dueMs: number }[] = []
  let index = 0
  for (let nowMs = 0; nowMs < 4000; nowMs += 10) {
    for (const { id } of underWay.filter(({ dueMs }) => dueMs <= nowMs)) {
      swarm.progress(id, 64 * KB, nowMs)
      swarm.arrived(id, index++, 64 * KB, nowMs)
    }
    underWay = underWay.filter(({ dueMs }) => dueMs > nowMs)
    for (const { id } of swarm.decide(nowMs, () => 0).ask) underWay.push({ id, dueMs: nowMs + 100 })
    expect(underWay.length).toBeLessThanOrEqual(20)
  }
  expect(underWay.length).toBeGreaterThan(12)
})
