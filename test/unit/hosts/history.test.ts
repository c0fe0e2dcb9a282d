import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { redisHistory } from '../../../coordinator/adapters/hosts/history.ts'
import { HISTORY_KEPT_MS, MAX_HISTORY, MAX_HISTORY_TEXT_CHARS } from '../../../coordinator/engine/ports/history.ts'
import type { HistoryEntry } from '../../../coordinator/engine/ports/history.ts'
import { startRedis } from './redis-fixture.ts'
import type { RedisFixture } from './redis-fixture.ts'

let fixture: RedisFixture

beforeAll(async () => {
  fixture = await startRedis()
})
beforeEach(() => fixture.redis.flushall())
afterAll(() => fixture.stop())

function entry(atMs: number, awayMs: number | null = null): HistoryEntry {
  return { id: `connected/${atMs}`, atMs, kind: 'connected', awayMs }
}

it('the latest comes first, page after page, each once', async () => {
  const history = redisHistory(fixture.redis)
  for (const atMs of [30, 10, 50, 20, 40]) await history.add('h1', entry(atMs))
  const first = await history.of('h1', { limit: 2, before: null })
  expect(first.entries).toEqual([entry(50), entry(40)])
  const second = await history.of('h1', { limit: 2, before: first.next })
  expect(second.entries).toEqual([entry(30), entry(20)])
  expect(await history.of('h1', { limit: 2, before: second.next })).toEqual({ entries: [entry(10)], next: null })
  expect(await history.of('h1', { limit: 5, before: null })).toMatchObject({ next: null })
  expect(await history.of('h2', { limit: 5, before: null })).toEqual({ entries: [], next: null })
})

it('what is added twice is there once, as it was added first', async () => {
  const history = redisHistory(fixture.redis)
  await history.add('h1', entry(1, 5))
  await history.add('h1', entry(1, 6))
  expect((await history.of('h1', { limit: 10, before: null })).entries).toEqual([entry(1, 5)])
})

it('a long history keeps its latest entries, and an old one that comes again does not push out a newer one', async () => {
  const history = redisHistory(fixture.redis)
  for (let atMs = 1; atMs <= MAX_HISTORY + 3; atMs += 1) await history.add('h1', entry(atMs))
  await history.add('h1', entry(1))
  const { entries, next } = await history.of('h1', { limit: MAX_HISTORY + 3, before: null })
  expect(next).toBeNull()
  expect(entries.map(({ atMs }) => atMs)).toEqual(Array.from({ length: MAX_HISTORY }, (_, index) => MAX_HISTORY + 3 - index))
  expect(await fixture.redis.hlen('{h:h1}:history')).toBe(MAX_HISTORY)
})

it('texts are cut, and everything goes a while after the last of it came', async () => {
  const history = redisHistory(fixture.redis)
  await history.add('h1', { id: 'f', atMs: 1, kind: 'found', service: 'web', findings: ['x'.repeat(1000), 'short'] })
  const [found] = (await history.of('h1', { limit: 1, before: null })).entries
  expect(found).toMatchObject({ findings: [`${'x'.repeat(MAX_HISTORY_TEXT_CHARS - 1)}…`, 'short'] })
  const keys = await fixture.redis.keys('*')
  expect(keys).toHaveLength(2)
  for (const key of keys) {
    const leftMs = await fixture.redis.pttl(key)
    expect(leftMs).toBeGreaterThan(HISTORY_KEPT_MS - 60_000)
    expect(leftMs).toBeLessThanOrEqual(HISTORY_KEPT_MS)
  }
})
