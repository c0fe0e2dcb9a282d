import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisRollouts } from '../../coordinator/adapters/redis/rollouts.ts'
import type { FeedEntry, RolloutStore } from '../../coordinator/engine/ports/rollouts.ts'
import type { RolloutChange } from '../../shared/api/change.ts'
import { realRedis } from './real-redis.ts'
import type { RealRedis } from './real-redis.ts'
import { NOW, someRollout } from './some-rollout.ts'

const LONG_MS = 20_000

function change(host: string): RolloutChange {
  return { kind: 'task', atMs: NOW, host, wave: 0, direction: 'forward', state: 'sent', parked: null, step: null, attempt: 1, message: null }
}

describe('the feed of a RolloutStore', () => {
  let redis: RealRedis
  let store: RolloutStore
  const { signal } = new AbortController()

  beforeAll(async () => {
    redis = await realRedis()
    store = redisRollouts(redis.connections)
  })
  afterAll(() => redis.stop())

  async function created(id: string, changes: RolloutChange[] = []) {
    const { rollout, tasks } = someRollout(id)
    await store.create(rollout, tasks, changes)
    let version = 1
    return (...told: string[]) => store.save(id, { rollout, version: version++, tasks: [], consumed: 0, effects: [], changes: told.map(change) })
  }

  const now = { limit: 100, blockMs: 0, signal }
  const hostsOf = (entries: FeedEntry[]) => entries.map((entry) => (entry.change.kind === 'task' ? entry.change.host : null))
  /** How many listeners Redis has for the rollout's channel. */
  const listeners = async (id: string) => (await redis.connections.commands.pubsub('NUMSUB', `{r:${id}}:feed`))[1]

  test('tells what creation and saves say, in order, and resumes after any entry', async () => {
    const tell = await created('order-1', [change('web-0')])
    await tell('web-1', 'web-2')
    await tell('web-0')
    const all = await store.feed('order-1', null, now)
    expect(hostsOf(all)).toEqual(['web-0', 'web-1', 'web-2', 'web-0'])
    expect(hostsOf(await store.feed('order-1', all[1]!.id, now))).toEqual(['web-2', 'web-0'])
    expect(hostsOf(await store.feed('order-1', all[1]!.id, { ...now, limit: 1 }))).toEqual(['web-2'])
    expect(await store.feed('order-1', all[3]!.id, now)).toEqual([])
    expect(all[1]!.change).toEqual(change('web-1'))
  })

  test('a save that is refused tells nothing', async () => {
    const tell = await created('refused-1')
    await tell('web-0')
    const { rollout } = someRollout('refused-1')
    await store.save('refused-1', { rollout, version: 1, tasks: [], consumed: 0, effects: [], changes: [change('web-9')] })
    expect(hostsOf(await store.feed('refused-1', null, now))).toEqual(['web-0'])
  })

  test('whoever waits is woken by the next change, on one subscription however many wait', async () => {
    const tell = await created('wait-1')
    const waiting = Array.from({ length: 20 }, () => store.feed('wait-1', null, { limit: 10, blockMs: LONG_MS, signal }))
    await expect.poll(() => listeners('wait-1')).toBe(1)
    const noticed = Promise.withResolvers<string>()
    const stop = await redis.connections.notices.listen('{r:wait-1}:feed', noticed.resolve)
    await tell('web-1')
    await noticed.promise
    stop()
    for (const entries of await Promise.all(waiting)) expect(hostsOf(entries)).toEqual(['web-1'])
    await expect.poll(() => listeners('wait-1')).toBe(0)
  })

  test('a watcher that always resumes misses nothing', async () => {
    const tell = await created('follow-1')
    const told = Array.from({ length: 60 }, (_, i) => `web-${i}`)
    const watching = (async () => {
      const seen: (string | null)[] = []
      for (let after: string | null = null; seen.length < told.length; ) {
        const entries: FeedEntry[] = await store.feed('follow-1', after, { limit: 7, blockMs: LONG_MS, signal })
        seen.push(...hostsOf(entries))
        after = entries.at(-1)?.id ?? after
      }
      return seen
    })()
    for (const host of told) await tell(host)
    expect(await watching).toEqual(told)
  })

  test('a change whose notice is lost is found all the same', async () => {
    await created('lost-1')
    const waiting = store.feed('lost-1', null, { limit: 10, blockMs: LONG_MS, signal })
    await expect.poll(() => listeners('lost-1')).toBe(1)
    await redis.connections.commands.xadd('{r:lost-1}:feed', '*', 'change', JSON.stringify(change('web-1')))
    expect(hostsOf(await waiting)).toEqual(['web-1'])
  })

  test('waiting ends when its time is over, and at once when nobody wants it any more', async () => {
    await created('end-1')
    expect(await store.feed('end-1', null, { limit: 10, blockMs: 30, signal })).toEqual([])
    const controller = new AbortController()
    const waiting = store.feed('end-1', null, { limit: 10, blockMs: 600_000, signal: controller.signal })
    await expect.poll(() => listeners('end-1')).toBe(1)
    controller.abort()
    expect(await waiting).toEqual([])
    await expect.poll(() => listeners('end-1')).toBe(0)
  })

  test('an id that no entry can have is refused', async () => {
    await created('bad-1')
    for (const after of ['x', '', '1-2-3', '99999999999999999999']) {
      await expect(store.feed('bad-1', after, now)).rejects.toMatchObject({ problem: { code: 'body_invalid', field: 'Last-Event-ID' } })
    }
  })
})
