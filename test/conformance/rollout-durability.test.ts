import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectRedis } from '../../coordinator/adapters/redis/connection.ts'
import { redisRollouts } from '../../coordinator/adapters/redis/rollouts.ts'
import type { RolloutStore } from '../../coordinator/engine/ports/rollouts.ts'
import { meddlingProxy } from './meddling-proxy.ts'
import { realRedis, silent } from './real-redis.ts'
import type { RealRedis } from './real-redis.ts'
import { someRollout } from './some-rollout.ts'

describe('what a RolloutStore has acknowledged', () => {
  let redis: RealRedis
  let store: RolloutStore

  beforeEach(async () => {
    redis = await realRedis()
    store = redisRollouts(redis.connections)
  })
  afterEach(() => redis.stop())

  /** Takes one event in and promises one effect, as the engine does: again from the beginning when somebody else was faster. */
  async function increment(through: RolloutStore, id: string, host: string): Promise<void> {
    for (;;) {
      const loaded = await through.load(id)
      const task = (await through.tasks(id, [host])).get(host)
      if (loaded === null || task === undefined) throw new Error(`${id} has gone`)
      const { rollout, version } = loaded
      const saved = await through.save(id, {
        rollout: { ...rollout, turned: rollout.turned + 1 }, version, tasks: [{ ...task, tries: task.tries + 1 }], consumed: 0,
        effects: [{ type: 'CloseCommand', host, attempt: task.tries + 1 }], changes: [],
      })
      if (saved.outcome === 'saved') return
    }
  }

  async function expectCounted(id: string, count: number, hosts: string[]): Promise<void> {
    const loaded = await store.load(id)
    expect(loaded).toMatchObject({ version: count + 1, rollout: { turned: count } })
    expect(loaded?.outbox.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    const rows = await store.tasks(id, hosts)
    expect([...rows.values()].reduce((sum, task) => sum + task.tries, 0)).toBe(count)
  }

  test('fifty who save at once, over several connections, lose nothing', async () => {
    const { rollout, tasks } = someRollout('web-1', 10)
    await store.create(rollout, tasks, [])
    const others = Array.from({ length: 4 }, () => connectRedis(redis.server.url, silent))
    const stores = [store, ...others.map((connections) => redisRollouts(connections))]
    await Promise.all(Array.from({ length: 50 }, (_, i) => increment(stores[i % stores.length]!, 'web-1', `web-${i % 10}`)))
    for (const connections of others) connections.close()
    await expectCounted('web-1', 50, tasks.map((task) => task.host))
  })

  test('a kill of Redis right after an acknowledgement loses nothing', async () => {
    const { rollout, tasks } = someRollout('web-1')
    await store.create(rollout, tasks, [])
    for (let round = 1; round <= 5; round++) {
      await increment(store, 'web-1', 'web-0')
      await store.post('web-1', { type: 'HostLost', host: `web-${round}` })
      await redis.kill()
      expect(await store.load('web-1')).toMatchObject({ version: round + 1, rollout: { turned: round } })
      expect((await store.load('web-1'))?.inbox).toHaveLength(round)
    }
    expect(await store.active()).toEqual(['web-1'])
  })

  test('a kill of Redis while many save neither loses a save nor makes one twice', async () => {
    const { rollout, tasks } = someRollout('web-1', 5)
    await store.create(rollout, tasks, [])
    let done = 0
    const killAt = new Set([10, 40, 70])
    await Promise.all(Array.from({ length: 5 }, async (_, saver) => {
      for (let i = 0; i < 20; i++) {
        await increment(store, 'web-1', `web-${saver}`)
        if (killAt.has(++done)) await redis.kill()
      }
    }))
    await expectCounted('web-1', 100, tasks.map((task) => task.host))
  })

  test('a save whose answer is lost counts once and is answered after all', async () => {
    const { rollout, tasks } = someRollout('web-1')
    const proxy = await meddlingProxy(redis.server.url, join(redis.dataDir, 'proxy.sock'))
    const connections = connectRedis(proxy.url, silent)
    const through = redisRollouts(connections)
    await through.create(rollout, tasks, [])

    proxy.swallowAnswerTo('"turned":1')
    const saved = await through.save('web-1', {
      rollout: { ...rollout, turned: 1 }, version: 1, tasks: [{ ...tasks[0]!, tries: 1 }], consumed: 0,
      effects: [{ type: 'CloseCommand', host: 'web-0', attempt: 1 }], changes: [],
    })
    expect(proxy.swallowed()).toBe(1)
    expect(saved).toMatchObject({ outcome: 'saved', outbox: [{ seq: 1 }] })
    await expectCounted('web-1', 1, tasks.map((task) => task.host))

    connections.close()
    proxy.close()
  })

  test('a creation whose answer is lost is one creation', async () => {
    const { rollout, tasks } = someRollout('web-1')
    const proxy = await meddlingProxy(redis.server.url, join(redis.dataDir, 'proxy.sock'))
    const connections = connectRedis(proxy.url, silent)
    proxy.swallowAnswerTo('"id":"web-1"')
    await redisRollouts(connections).create(rollout, tasks, [])
    expect(proxy.swallowed()).toBe(1)
    expect(await store.load('web-1')).toMatchObject({ version: 1, rollout: { id: 'web-1' } })
    connections.close()
    proxy.close()
  })
})
