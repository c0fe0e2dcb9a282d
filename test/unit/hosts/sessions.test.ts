import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { redisDoorbell } from '../../../coordinator/adapters/hosts/doorbell.ts'
import { redisHosts } from '../../../coordinator/adapters/hosts/registry.ts'
import { redisSessions } from '../../../coordinator/adapters/hosts/sessions.ts'
import { greeting } from './greetings.ts'
import { startRedis } from './redis-fixture.ts'
import type { RedisFixture } from './redis-fixture.ts'

let fixture: RedisFixture

beforeAll(async () => {
  fixture = await startRedis()
})
beforeEach(() => fixture.redis.flushall())
afterAll(() => fixture.stop())

it('no two sessions have the same epoch, and the latest is the one that is recorded', async () => {
  const one = redisSessions(fixture.redis, 'one')
  const two = redisSessions(fixture.connect().commands, 'two')
  const epochs = await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 ? one : two).open('h1', greeting, index)))
  expect(new Set(epochs).size).toBe(50)
  expect((await redisHosts(fixture.redis).get('h1'))?.session?.epoch).toBe(Math.max(...epochs))
})

it('a session is taken off the record by nobody but itself', async () => {
  const registry = redisSessions(fixture.redis, 'one')
  const first = await registry.open('h1', greeting, 5)
  const second = await registry.open('h1', greeting, 6)
  await registry.close('h1', first)
  expect((await redisHosts(fixture.redis).get('h1'))?.session).toEqual({ coordinator: 'one', epoch: second, sinceMs: 6 })
  await registry.close('h1', second)
  expect((await redisHosts(fixture.redis).get('h1'))?.session).toBeNull()
  expect(await registry.open('h1', greeting, 7)).toBeGreaterThan(second)
})

it('epochs that begin alike are told apart', async () => {
  const registry = redisSessions(fixture.redis, 'one')
  for (let epoch = 1; epoch <= 12; epoch += 1) await registry.open('h1', greeting, epoch)
  await registry.close('h1', 1)
  expect((await redisHosts(fixture.redis).get('h1'))?.session?.epoch).toBe(12)
})

it('whoever holds the earlier session is told', async () => {
  const rung = Promise.withResolvers<string>()
  await redisDoorbell(fixture.connect().notices, 'one').listen(rung.resolve)
  await redisSessions(fixture.redis, 'one').open('h1', greeting, 1)
  await redisSessions(fixture.redis, 'two').open('h1', greeting, 2)
  expect(await rung.promise).toBe('h1')
})

it('what the greeting says replaces what was known; when the host was first seen stays', async () => {
  const registry = redisSessions(fixture.redis, 'one')
  await registry.open('h1', greeting, 1_700_000_000_000)
  await registry.open('h1', { ...greeting, labels: { dc: 'sg' }, installed: [] }, 1_700_000_009_999)
  expect(await redisHosts(fixture.redis).get('h1')).toEqual({
    host: 'h1', labels: { dc: 'sg' }, ignoredLabels: {}, revoked: null, agentVersion: greeting.agentVersion, facts: greeting.facts, policy: null, installed: [],
    load: null, firstSeenAtMs: 1_700_000_000_000, seenAtMs: 1_700_000_009_999, session: { coordinator: 'one', epoch: 2, sinceMs: 1_700_000_009_999 },
  })
})
