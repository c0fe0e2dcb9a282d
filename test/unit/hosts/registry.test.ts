import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisHeartbeats, MAX_HEARTBEATS_PER_WRITE } from '../../../coordinator/adapters/hosts/heartbeats.ts'
import { HOSTS_PER_PAGE, redisHosts } from '../../../coordinator/adapters/hosts/registry.ts'
import { redisSessions } from '../../../coordinator/adapters/hosts/sessions.ts'
import { SILENT_AFTER_MS } from '../../../coordinator/engine/ports/hosts.ts'
import { greeting } from './greetings.ts'
import { silent, startRedis } from './redis-fixture.ts'
import type { RedisFixture } from './redis-fixture.ts'

const NEVER_MS = 2 ** 31 - 1
const load = { load1: 0.5, memoryFreeBytes: 1000, diskFreeBytes: 2000, runningCommands: 1 }

let fixture: RedisFixture

beforeAll(async () => {
  fixture = await startRedis()
})
beforeEach(() => fixture.redis.flushall())
afterAll(() => fixture.stop())

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `h${index}`)
}

async function openAll(hosts: readonly string[], now: number): Promise<void> {
  const registry = redisSessions(fixture.redis, 'one')
  await Promise.all(hosts.map((host) => registry.open(host, greeting, now)))
}

describe('the registry', () => {
  it('lists every host once, however many pages they take', async () => {
    const hosts = names(3 * HOSTS_PER_PAGE + 7)
    await openAll(hosts, 1)
    const found = (await redisHosts(fixture.redis).all()).map(({ host }) => host)
    expect(found.sort()).toEqual(hosts.sort())
  })

  it('knows nothing of a host that has never connected', async () => {
    expect(await redisHosts(fixture.redis).get('h1')).toBeNull()
    expect(await redisHosts(fixture.redis).all()).toEqual([])
  })

  it('reads what a host ran before hosts looked for drift', async () => {
    const runs = { service: 'web', revision: 'r1', version: '1' }
    await openAll(['h1'], 7)
    await fixture.redis.hset('{hosts}:installed', 'h1', JSON.stringify([runs]))
    const expected = { installed: [{ ...runs, findings: [], sinceMs: 7 }] }
    expect(await redisHosts(fixture.redis).get('h1')).toMatchObject(expected)
    expect(await redisSessions(fixture.redis, 'one').last('h1')).toMatchObject(expected)
  })

  it('calls connected who has a session and has shown life lately', async () => {
    await openAll(['here', 'gone', 'silent'], 1000)
    await redisSessions(fixture.redis, 'one').close('gone', 1)
    const heartbeats = new RedisHeartbeats(fixture.redis, silent, NEVER_MS)
    heartbeats.alive('here', { epoch: 1, load, installed: null }, 1001)
    heartbeats.alive('gone', { epoch: 1, load, installed: null }, 1001)
    await heartbeats.close()
    const hosts = redisHosts(fixture.redis)
    const asked = ['here', 'gone', 'silent', 'unknown', ...names(HOSTS_PER_PAGE)]
    expect(await hosts.connected(asked, 1000)).toEqual(new Set(['here', 'silent']))
    expect(await hosts.connected(asked, 1000 + SILENT_AFTER_MS)).toEqual(new Set(['here']))
    expect(await hosts.connected(asked, 1001 + SILENT_AFTER_MS)).toEqual(new Set())
    expect(await hosts.connected([], 1000)).toEqual(new Set())
  })
})

describe('after a silence that may have been our own', () => {
  const restartedAtMs = 500_000

  it('waits for hosts that were heard before it, and judges those that were heard since', async () => {
    await openAll(['before'], 1000)
    await openAll(['since'], restartedAtMs + 1)
    await redisSessions(fixture.redis, 'one').close('since', 1)
    const hosts = redisHosts(fixture.redis, () => restartedAtMs)
    expect(await hosts.connected(['before', 'since', 'unknown'], restartedAtMs + 2)).toEqual(new Set(['before']))
    expect(await hosts.connected(['before'], restartedAtMs + SILENT_AFTER_MS)).toEqual(new Set())
  })

  it('begins anew when heartbeats could not be written', async () => {
    const heartbeats = new RedisHeartbeats(fixture.redis, silent, NEVER_MS)
    const began = heartbeats.hearingSinceMs
    await openAll(['h1'], 1)
    await fixture.redis.set('{hosts}:loads', 'not a hash')
    heartbeats.alive('h1', { epoch: 1, load, installed: null }, 1001)
    await heartbeats.flush()
    expect(heartbeats.hearingSinceMs).toBe(Infinity)
    await fixture.redis.del('{hosts}:loads')
    await heartbeats.close()
    expect(heartbeats.hearingSinceMs).toBeGreaterThanOrEqual(began)
    expect(heartbeats.hearingSinceMs).toBeLessThan(Infinity)
  })
})

describe('heartbeats', () => {
  async function scriptCalls(): Promise<number> {
    const calls = (await fixture.redis.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)
    return [...calls].reduce((sum, [, count]) => sum + Number(count), 0)
  }

  it('of many hosts are written together, the latest of each', async () => {
    const hosts = names(MAX_HEARTBEATS_PER_WRITE + 1)
    await openAll(hosts, 1)
    const before = await scriptCalls()
    const heartbeats = new RedisHeartbeats(fixture.redis, silent, NEVER_MS)
    for (const now of [2, 3]) for (const host of hosts) heartbeats.alive(host, { epoch: 1, load: { ...load, load1: now }, installed: null }, now)
    await heartbeats.flush()
    expect((await scriptCalls()) - before).toBe(2)
    const records = await redisHosts(fixture.redis).all()
    expect(new Set(records.map(({ seenAtMs, load }) => `${seenAtMs} ${load?.load1}`))).toEqual(new Set(['3 3']))
    await heartbeats.close()
  })

  it('change only what they speak of, also when another one follows before they are written', async () => {
    await openAll(['h1', 'h2'], 1)
    const heartbeats = new RedisHeartbeats(fixture.redis, silent, NEVER_MS)
    heartbeats.alive('h1', { epoch: 1, load, installed: null }, 2)
    heartbeats.alive('h1', { epoch: 1, load: null, installed: [] }, 3)
    heartbeats.alive('h1', { epoch: 1, load: null, installed: null }, 4)
    heartbeats.alive('h2', { epoch: 1, load: null, installed: null }, 4)
    await heartbeats.close()
    const hosts = redisHosts(fixture.redis)
    expect(await hosts.get('h1')).toMatchObject({ load, installed: [], seenAtMs: 4 })
    expect(await hosts.get('h2')).toMatchObject({ load: null, installed: greeting.installed, seenAtMs: 4 })
  })

  it('never take a host’s last sign of life back', async () => {
    await openAll(['h1'], 100)
    const heartbeats = new RedisHeartbeats(fixture.redis, silent, NEVER_MS)
    heartbeats.alive('h1', { epoch: 1, load, installed: null }, 50)
    await heartbeats.close()
    expect((await redisHosts(fixture.redis).get('h1'))?.seenAtMs).toBe(100)
  })

  it('of an earlier session never replace what a later one has said', async () => {
    await openAll(['h1'], 1)
    const [here, elsewhere] = [new RedisHeartbeats(fixture.redis, silent, NEVER_MS), new RedisHeartbeats(fixture.redis, silent, NEVER_MS)]
    for (const heartbeats of [here, elsewhere]) heartbeats.alive('h1', { epoch: 1, load, installed: [] }, 5)
    await openAll(['h1'], 2)
    here.alive('h1', { epoch: 2, load: null, installed: null }, 6)
    here.alive('h1', { epoch: 1, load, installed: [] }, 7)
    await Promise.all([here.close(), elsewhere.close()])
    expect(await redisHosts(fixture.redis).get('h1')).toMatchObject({ load: null, installed: greeting.installed, seenAtMs: 6 })
  })

  it('that cannot be written fail nobody, and are written later with what has come since', async () => {
    await openAll(['h1'], 1)
    const { commands } = fixture.connect()
    await commands.ping()
    const heartbeats = new RedisHeartbeats(commands, silent, NEVER_MS)
    heartbeats.alive('h1', { epoch: 1, load, installed: [] }, 2)
    await fixture.redis.set('{hosts}:loads', 'not a hash')
    await expect(heartbeats.flush()).resolves.toBeUndefined()
    await fixture.redis.del('{hosts}:loads')
    heartbeats.alive('h1', { epoch: 1, load: null, installed: null }, 3)
    await heartbeats.close()
    expect(await redisHosts(fixture.redis).get('h1')).toMatchObject({ load, installed: [], seenAtMs: 3 })
  })
})

describe('a host that is cut off', () => {
  const mark = { atMs: 5, by: 'ann', reason: null }

  it('is away at once, also where silence might be ours, and its session’s epoch is over', async () => {
    await openAll(['h1', 'h2'], 1000)
    const hosts = redisHosts(fixture.redis, () => 2000)
    await hosts.cutOff('h1', mark)
    expect(await hosts.connected(['h1', 'h2'], 2001)).toEqual(new Set(['h2']))
    expect(await hosts.get('h1')).toMatchObject({ session: null, revoked: mark })
    expect(await redisSessions(fixture.redis, 'one').open('h1', greeting, 3000)).toBe(3)
    expect(await hosts.get('h1')).toMatchObject({ revoked: null })
  })

  it('keeps who did it first; without a mark, nobody did; one that is not known is not marked', async () => {
    await openAll(['h1', 'h2'], 1000)
    const hosts = redisHosts(fixture.redis)
    await hosts.cutOff('h1', mark)
    await hosts.cutOff('h1', { ...mark, by: 'bob' })
    await hosts.cutOff('h2', null)
    await hosts.cutOff('h3', mark)
    expect((await hosts.get('h1'))?.revoked).toEqual(mark)
    expect((await hosts.get('h2'))?.revoked).toBeNull()
    expect(await fixture.redis.hkeys('{hosts}:revoked')).toEqual(['h1'])
  })

  it('is forgotten only when it is marked and has not come back', async () => {
    await openAll(['h1'], 1000)
    const hosts = redisHosts(fixture.redis)
    expect(await hosts.remove('h1')).toBe('back')
    await hosts.cutOff('h1', mark)
    expect(await hosts.remove('h1')).toBe('removed')
    expect(await hosts.remove('h1')).toBe('unknown')
    expect(await fixture.redis.keys('*')).toEqual(['{hosts}:epochs'])
  })
})
