import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectRedis } from '../../coordinator/adapters/redis/connection.ts'
import { redisRollouts } from '../../coordinator/adapters/redis/rollouts.ts'
import type { RolloutStore, Save } from '../../coordinator/engine/ports/rollouts.ts'
import type { Rollout } from '../../coordinator/rollout/state.ts'
import { meddlingProxy } from './meddling-proxy.ts'
import { realRedis, silent } from './real-redis.ts'
import type { RealRedis } from './real-redis.ts'
import { NOW, someRollout } from './some-rollout.ts'

describe('the indices of a RolloutStore', () => {
  let redis: RealRedis
  let store: RolloutStore

  beforeEach(async () => {
    redis = await realRedis()
    store = redisRollouts(redis.connections)
  })
  afterEach(() => redis.stop())

  async function create(id: string): Promise<Rollout> {
    const { rollout, tasks } = someRollout(id)
    await store.create(rollout, tasks, [])
    return rollout
  }

  const save = (rollout: Rollout, version: number, effects: Save['effects'] = []) =>
    store.save(rollout.id, { rollout, version, tasks: [], consumed: 0, effects, changes: [] })

  const listed = async (filter: Parameters<RolloutStore['list']>[0]) => {
    const { rollouts, next } = await store.list(filter)
    return { ids: rollouts.map(({ id }) => id), next }
  }

  test('numbers of a service are never given twice', async () => {
    const numbers = await Promise.all(Array.from({ length: 20 }, () => store.nextSequence('web')))
    expect(new Set(numbers).size).toBe(20)
    expect(Math.min(...numbers)).toBe(1)
    expect(await store.nextSequence('api')).toBe(1)
  })

  test('lists the latest first, of all or of one service, page by page', async () => {
    for (const id of ['web-1', 'api-1', 'web-2', 'web-10', 'api-2']) await create(id)
    expect(await listed({ service: null, cursor: null, limit: 10 })).toEqual({ ids: ['api-2', 'web-10', 'web-2', 'api-1', 'web-1'], next: null })
    const first = await listed({ service: 'web', cursor: null, limit: 2 })
    expect(first.ids).toEqual(['web-10', 'web-2'])
    await create('web-11')
    expect(await listed({ service: 'web', cursor: first.next, limit: 2 })).toEqual({ ids: ['web-1'], next: null })
    expect(await store.latest('web')).toBe('web-11')
    expect(await store.latest('none')).toBeNull()
  })

  test('a rollout is active until it has ended and everything is performed', async () => {
    const rollout = await create('web-1')
    expect(await store.active()).toEqual(['web-1'])
    const ended: Rollout = { ...rollout, phase: 'succeeded', endedAtMs: NOW }
    await save(ended, 1, [{ type: 'EndRollout', rollout: 'web-1' }])
    expect(await store.active()).toEqual(['web-1'])
    await store.performed('web-1', 1)
    expect(await store.active()).toEqual([])
    expect(await redis.connections.commands.zcard('{rollouts}:active')).toBe(0)
  })

  test('one that is opened again is active again, and keeps its place in the lists', async () => {
    const rollout = await create('web-1')
    await create('web-2')
    await save({ ...rollout, phase: 'failed', endedAtMs: NOW }, 1)
    expect(await store.active()).toEqual(['web-2'])
    await save({ ...rollout, phase: 'running' }, 2)
    expect(new Set(await store.active())).toEqual(new Set(['web-1', 'web-2']))
    expect(await listed({ service: 'web', cursor: null, limit: 10 })).toEqual({ ids: ['web-2', 'web-1'], next: null })
  })

  test('one that is opened again while somebody else is just taking it out stays active', async () => {
    const rollout = await create('web-1')
    await save({ ...rollout, phase: 'failed', endedAtMs: NOW }, 1)
    const proxy = await meddlingProxy(redis.server.url, join(redis.dataDir, 'proxy.sock'))
    const slow = connectRedis(proxy.url, silent)
    const { held, release } = proxy.hold('seen at rest')
    const takingOut = redisRollouts(slow).active()
    await held
    expect(await save({ ...rollout, phase: 'running' }, 2)).toMatchObject({ outcome: 'saved' })
    release()
    expect(await takingOut).toEqual([])
    expect(await store.active()).toEqual(['web-1'])
    slow.close()
    proxy.close()
  })

  test('an opening that conflicts changes nothing and leaves no trace once the rollout has been looked at', async () => {
    const rollout = await create('web-1')
    const ended: Rollout = { ...rollout, phase: 'failed', endedAtMs: NOW }
    await save(ended, 1)
    await save({ ...ended, reason: 'meanwhile' }, 2)
    expect(await save({ ...rollout, phase: 'running' }, 2)).toEqual({ outcome: 'conflict' })
    expect((await store.load('web-1'))?.rollout).toMatchObject({ phase: 'failed', reason: 'meanwhile' })
    expect(await store.active()).toEqual([])
  })

  test('a creation that crashed before its end is nowhere to be seen', async () => {
    const { commands } = redis.connections
    await create('web-1')
    await create('web-2')
    // What is left when the last step has not been done: rows and indices, and no state.
    await commands.del('{r:web-2}:state')
    expect(await store.load('web-2')).toBeNull()
    expect(await store.latest('web')).toBe('web-1')
    expect(await listed({ service: null, cursor: null, limit: 1 })).toEqual({ ids: ['web-1'], next: null })
    // It might yet be published, so it stays among the active ones until its rows have expired.
    expect(await store.active()).toEqual(['web-1', 'web-2'])
    await commands.del('{r:web-2}:tasks')
    expect(await store.active()).toEqual(['web-1'])
    expect(await commands.zrange('{rollouts}:active', 0, '-1')).toEqual(['web-1'])
  })

  test('what a failed creation has staged expires by itself, and is in nobody’s way', async () => {
    const { commands } = redis.connections
    const expiries = async () => Promise.all((await commands.keys('{r:web-1}:*')).map((key) => commands.pttl(key)))
    await commands.set('{rollouts}:created', 'not a number')
    await expect(create('web-1')).rejects.toThrow('not an integer')
    const staged = await expiries()
    expect(staged.length).toBeGreaterThan(0)
    expect(Math.min(...staged)).toBeGreaterThan(0)

    await commands.del('{rollouts}:created')
    await create('web-1')
    expect(new Set(await expiries())).toEqual(new Set([-1]))
  })
})
