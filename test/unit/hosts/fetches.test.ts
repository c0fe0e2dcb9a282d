/** How far hosts are with what they fetch: whatever is said again, late, or by whom, each byte is counted once. */
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RATE_WINDOW_MS, RedisFetches } from '../../../coordinator/adapters/hosts/fetches.ts'
import { FETCHES_KEPT_MS } from '../../../coordinator/engine/ports/fetches.ts'
import type { Fetch, FetchReport } from '../../../coordinator/engine/ports/fetches.ts'
import { silent } from '../../conformance/real-redis.ts'
import { startRedis } from './redis-fixture.ts'
import type { RedisFixture } from './redis-fixture.ts'

const NEVER_MS = 3_600_000
const RUNS = Number(process.env['MUSTER_FC_RUNS'] ?? 30)

let fixture: RedisFixture
const opened: RedisFetches[] = []

beforeAll(async () => {
  fixture = await startRedis()
})
beforeEach(() => fixture.redis.flushall())
afterEach(() => Promise.all(opened.splice(0).map((fetches) => fetches.close())))
afterAll(() => fixture.stop())

/** As one coordinator has them; written when it is told to. */
function open(): RedisFetches {
  const fetches = new RedisFetches(fixture.redis, silent, NEVER_MS)
  opened.push(fetches)
  return fetches
}

function fetch(peers: number, more: Partial<Fetch> = {}): Fetch {
  return { bytesDone: peers, bytesTotal: 100, fromPeersBytes: peers, fromRelayBytes: 0, fromOriginBytes: 0, reusedBytes: 0, delta: false, bytesPerSecond: 7, ...more }
}

function said(host: string, epoch: number, what: Fetch, command = '1'): FetchReport {
  return { id: `web-1/${host}/${command}`, host, epoch, fetch: what }
}

async function say(fetches: RedisFetches, ...reports: FetchReport[]): Promise<void> {
  for (const report of reports) {
    fetches.report('web-1', report)
    await fetches.flush()
  }
}

describe('the sums', () => {
  it('are over the latest of each host, and of all that has come from anywhere', async () => {
    const one = open()
    const mixed = fetch(10, { fromRelayBytes: 20, fromOriginBytes: 5, reusedBytes: 30, bytesDone: 65, delta: true })
    await say(one, said('h1', 1, fetch(40), 'p1'), said('h2', 1, mixed, 'p1'), said('h1', 1, fetch(100), 'p1'))
    expect(await one.total('web-1')).toMatchObject({ hosts: 2, deltas: 1, bytesDone: 165, bytesTotal: 200, peers: 110, relay: 20, origin: 5, reused: 30 })
    await say(one, said('h1', 1, fetch(0, { reusedBytes: 90, bytesDone: 90, bytesTotal: 90 })))
    expect(await one.total('web-1')).toMatchObject({ hosts: 2, bytesDone: 155, bytesTotal: 190, peers: 110, reused: 120 })
    expect(await one.of('web-1', ['h1', 'h2', 'h3'])).toEqual(new Map([
      ['h1', fetch(0, { reusedBytes: 90, bytesDone: 90, bytesTotal: 90 })], ['h2', mixed],
    ]))
    expect(await one.total('web-2')).toBeNull()
  })

  it('count what two coordinators hear once, whichever hears it first', async () => {
    const [one, two] = [open(), open()]
    await say(one, said('h1', 1, fetch(40)))
    await say(two, said('h1', 2, fetch(70)))
    await say(one, said('h1', 1, fetch(60)))
    expect(await two.total('web-1')).toMatchObject({ bytesDone: 70, peers: 70 })
    expect(one.counted().bytes.peers + two.counted().bytes.peers).toBe(70)
  })

  it('count again what an agent fetches again after it has begun anew', async () => {
    const one = open()
    await say(one, said('h1', 1, fetch(40)), said('h1', 2, fetch(10, { reusedBytes: 40, bytesDone: 50 })))
    expect(await one.total('web-1')).toMatchObject({ bytesDone: 50, peers: 50, reused: 40 })
  })

  it('are those of the hosts, in whatever order and however often things are said', async () => {
    const step = fc.record({ host: fc.constantFrom('h1', 'h2'), by: fc.integer({ min: 0, max: 20 }), through: fc.constantFrom(0, 1), repeats: fc.boolean() })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await fixture.redis.flushall()
      const coordinators = [open(), open()]
      const hosts = new Map([['h1', { peers: 0, epoch: 1, at: 0 }], ['h2', { peers: 0, epoch: 1, at: 0 }]])
      const past: FetchReport[] = []
      for (const { host, by, through, repeats } of steps) {
        const before = hosts.get(host)!
        const now = { peers: before.peers + by, epoch: before.at === through ? before.epoch : before.epoch + 1, at: through }
        hosts.set(host, now)
        past.push(said(host, now.epoch, fetch(now.peers, { bytesTotal: 1000 })))
        await say(coordinators[through]!, past.at(-1)!, ...(repeats ? past : []))
      }
      const expected = [...hosts.values()].reduce((sum, { peers }) => sum + peers, 0)
      expect((await coordinators[0]!.total('web-1'))?.peers ?? 0).toBe(expected)
      expect(coordinators[0]!.counted().bytes.peers + coordinators[1]!.counted().bytes.peers).toBe(expected)
    }), { numRuns: RUNS })
  })

  it('bear a liar, and what somebody has put there', async () => {
    const one = open()
    await fixture.redis.hset('{r:web-1}:fetches', 'h2', 'nonsense')
    await say(one, said('h1', 1, fetch(Number.MAX_SAFE_INTEGER, { reusedBytes: -5, bytesPerSecond: Infinity })), said('h2', 1, fetch(3)))
    expect((await one.of('web-1', ['h2'])).get('h2')?.fromPeersBytes).toBe(3)
    expect((await one.total('web-1'))?.reused).toBe(0)
  })
})

it('what cannot be written is written later', async () => {
  const one = open()
  one.report('web-1', said('h1', 1, fetch(5)))
  await fixture.redis.set('{r:web-1}:fetches', 'in the way')
  await one.flush()
  one.report('web-1', said('h1', 1, fetch(9)))
  await fixture.redis.del('{r:web-1}:fetches')
  await one.flush()
  expect((await one.of('web-1', ['h1'])).get('h1')?.bytesDone).toBe(9)
  expect(one.counted().bytes.peers).toBe(9)
})

it('the rate is that of the last seconds, and none when nothing comes any more', async () => {
  const one = open()
  const back = async (ms: number) => {
    await fixture.redis.hincrby('{r:web-1}:fetch-sums', 'sinceMs', -ms)
  }
  await say(one, said('h1', 1, fetch(0)))
  await back(RATE_WINDOW_MS)
  await say(one, said('h1', 1, fetch(90)))
  const { bytesPerSecond = 0 } = (await one.total('web-1')) ?? {}
  expect(bytesPerSecond).toBeGreaterThan(0)
  expect(bytesPerSecond).toBeLessThanOrEqual(90 * 1000 / RATE_WINDOW_MS)
  await back(60_000)
  expect((await one.total('web-1'))?.bytesPerSecond).toBe(0)
})

it('who fetches is counted until it is done', async () => {
  const one = open()
  await say(one, said('h1', 1, fetch(5)), said('h2', 1, fetch(5)))
  expect(one.counted().fetching).toBe(2)
  await say(one, said('h1', 1, fetch(100)))
  expect(one.counted().fetching).toBe(1)
})

it('everything goes a while after the last of it came', async () => {
  await say(open(), said('h1', 1, fetch(5)))
  for (const key of ['{r:web-1}:fetches', '{r:web-1}:fetch-sums']) {
    const leftMs = await fixture.redis.pttl(key)
    expect(leftMs).toBeGreaterThan(FETCHES_KEPT_MS - 60_000)
    expect(leftMs).toBeLessThanOrEqual(FETCHES_KEPT_MS)
  }
})
