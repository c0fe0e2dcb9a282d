/** What becomes of ended rollouts: out of the hot keys, still readable to the last row, never changed again, and in the end forgotten. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rolloutKeys } from '../../coordinator/adapters/redis/rollout-keys.ts'
import { redisRollouts } from '../../coordinator/adapters/redis/rollouts.ts'
import type { RolloutStore } from '../../coordinator/engine/ports/rollouts.ts'
import type { Rollout, Task } from '../../coordinator/rollout/state.ts'
import { realRedis } from './real-redis.ts'
import type { RealRedis } from './real-redis.ts'
import { NOW, someRollout } from './some-rollout.ts'

describe('the archive of a RolloutStore', () => {
  let redis: RealRedis
  let store: RolloutStore

  beforeEach(async () => {
    redis = await realRedis()
    store = redisRollouts(redis.connections)
  })
  afterEach(() => redis.stop())

  async function ended(id: string, hosts = 3): Promise<{ rollout: Rollout; tasks: Task[] }> {
    const { rollout, tasks } = someRollout(id, hosts)
    await store.create(rollout, tasks, [])
    const over: Rollout = { ...rollout, phase: 'succeeded', endedAtMs: NOW + 1 }
    const done = tasks.map((task): Task => ({ ...task, state: 'succeeded' }))
    await store.save(id, { rollout: over, version: 1, tasks: done, consumed: 0, effects: [], changes: [] })
    return { rollout: over, tasks: done }
  }

  test('an archived rollout is read as before, in all of its rows, and has no other key', async () => {
    const { rollout, tasks } = await ended('web-1', 1200)
    const page = await store.page('web-1', { states: ['succeeded'], cursor: '700', limit: 50 })
    expect(await store.archive('web-1', 'web')).toBe(true)
    expect(await redis.connections.commands.keys('{r:web-1}:*')).toEqual([rolloutKeys('web-1').archive])
    expect(await store.load('web-1')).toEqual({ rollout, version: 2, inbox: [], outbox: [], archived: true })
    expect(await store.page('web-1', { states: null, cursor: null, limit: 2000 })).toEqual({ tasks, next: null })
    expect(await store.page('web-1', { states: ['succeeded'], cursor: '700', limit: 50 })).toEqual(page)
    expect([...(await store.tasks('web-1', ['web-7', 'elsewhere'])).keys()]).toEqual(['web-7'])
    expect((await store.list({ service: 'web', cursor: null, limit: 10 })).rollouts).toEqual([rollout])
    expect([await store.latest('web'), await store.hot('web'), await store.archived('web')]).toEqual(['web-1', [], ['web-1']])
    expect(await store.active()).toEqual([])
  })

  test('it takes a fraction of what its rows took', async () => {
    await ended('web-1', 5000)
    const { commands } = redis.connections
    const before = Number(await commands.call('MEMORY', 'USAGE', rolloutKeys('web-1').tasks))
    await store.archive('web-1', 'web')
    expect(await commands.strlen(rolloutKeys('web-1').archive)).toBeLessThan(before / 8)
  })

  test('nothing changes it: no save, no event', async () => {
    const { rollout } = await ended('web-1')
    await store.archive('web-1', 'web')
    const again: Rollout = { ...rollout, phase: 'running' }
    expect(await store.save('web-1', { rollout: again, version: 2, tasks: [], consumed: 0, effects: [], changes: [] })).toEqual({ outcome: 'conflict' })
    expect(await store.post('web-1', { type: 'HostConnected', host: 'web-1' })).toBe(false)
    expect((await store.load('web-1'))?.rollout.phase).toBe('succeeded')
  })

  test('one that has not come to rest stays where it is', async () => {
    const { rollout, tasks } = someRollout('web-1')
    await store.create(rollout, tasks, [])
    expect(await store.archive('web-1', 'web')).toBe(false)
    const over: Rollout = { ...rollout, phase: 'aborted', endedAtMs: NOW }
    const saved = await store.save('web-1', { rollout: over, version: 1, tasks: [], consumed: 0, effects: [{ type: 'EndRollout', rollout: 'web-1' }], changes: [] })
    expect(await store.archive('web-1', 'web')).toBe(false)
    await store.performed('web-1', saved.outcome === 'saved' ? saved.outbox[0]!.seq : 0)
    await store.post('web-1', { type: 'HostConnected', host: 'web-1' })
    expect(await store.archive('web-1', 'web')).toBe(false)
    expect(await store.hot('web')).toEqual(['web-1'])
    expect((await store.load('web-1'))?.archived).toBeUndefined()
  })

  test('whoever moves it while it is being archived wins, or is told', async () => {
    const { rollout } = await ended('web-1')
    const [archived, saved] = await Promise.all([
      store.archive('web-1', 'web'),
      store.save('web-1', { rollout: { ...rollout, phase: 'running', endedAtMs: null }, version: 2, tasks: [], consumed: 0, effects: [], changes: [] }),
    ])
    expect(archived).toBe(saved.outcome === 'conflict')
    expect((await store.load('web-1'))?.rollout.phase).toBe(archived ? 'succeeded' : 'running')
  })

  test('an archive that was made by one who died then is found, and may be forgotten', async () => {
    await ended('web-1')
    await ended('web-2')
    await store.archive('web-1', 'web')
    await redis.connections.commands.zadd('{rollouts}:hot:web', 1, 'web-1')
    await redis.connections.commands.del('{rollouts}:archived:web')
    expect(await store.archive('web-1', 'web')).toBe(true)
    expect([await store.hot('web'), await store.archived('web')]).toEqual([['web-2'], ['web-1']])
    await store.forget('web-1', 'web')
    expect([await store.load('web-1'), await store.archived('web'), await store.latest('web')]).toEqual([null, [], 'web-2'])
    expect((await store.list({ service: null, cursor: null, limit: 10 })).rollouts.map(({ id }) => id)).toEqual(['web-2'])
    expect(await redis.connections.commands.keys('{r:web-1}:*')).toEqual([])
  })
})
