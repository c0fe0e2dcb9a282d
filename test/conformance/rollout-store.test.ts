import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_INBOX_LENGTH, redisRollouts } from '../../coordinator/adapters/redis/rollouts.ts'
import type { RolloutStore, Save } from '../../coordinator/engine/ports/rollouts.ts'
import type { Effect } from '../../coordinator/rollout/effect.ts'
import type { AgentEvent } from '../../coordinator/rollout/event.ts'
import { queuesOf } from '../../coordinator/rollout/tally.ts'
import type { QueueName, Task } from '../../coordinator/rollout/state.ts'
import { realRedis } from './real-redis.ts'
import type { RealRedis } from './real-redis.ts'
import { NOW, someRollout } from './some-rollout.ts'

const close = (host: string, attempt = 1): Effect => ({ type: 'CloseCommand', host, attempt })
const started = (host: string, attempt: number): AgentEvent => ({ type: 'StepStarted', host, attempt, step: 'fetch' })

describe('RolloutStore', () => {
  let redis: RealRedis
  let store: RolloutStore

  beforeAll(async () => {
    redis = await realRedis()
    store = redisRollouts(redis.connections)
  })
  afterAll(() => redis.stop())

  /** A rollout that is there, and a save on it with nothing in it yet. */
  async function created(id: string, hostCount?: number): Promise<{ tasks: Task[]; save: Save }> {
    const { rollout, tasks } = someRollout(id, hostCount)
    await store.create(rollout, tasks, [])
    return { tasks, save: { rollout, version: 1, tasks: [], consumed: 0, effects: [], changes: [] } }
  }

  test('what is created is loaded as it was', async () => {
    const { rollout, tasks } = someRollout('create-1', 1234)
    await store.create(rollout, tasks, [])
    expect(await store.load('create-1')).toEqual({ rollout, version: 1, inbox: [], outbox: [] })
    const rows = await store.tasks('create-1', tasks.map((task) => task.host))
    expect([...rows.values()]).toEqual(tasks)
    expect(await store.head('create-1', 'offer-forward', 3)).toEqual(tasks.slice(0, 3))
  })

  test('an id is created once', async () => {
    await created('once-1')
    const other = someRollout('once-1', 5)
    await expect(store.create(other.rollout, other.tasks, [])).rejects.toThrow('exists already')
    expect((await store.load('once-1'))?.rollout).toEqual(someRollout('once-1').rollout)
    expect(await store.head('once-1', 'offer-forward', 10)).toHaveLength(3)
  })

  test('what is not there is told apart from what is empty', async () => {
    expect(await store.load('nobody-1')).toBeNull()
    expect(await store.post('nobody-1', started('web-0', 1))).toBe(false)
    expect(await store.tasks('nobody-1', ['web-0'])).toEqual(new Map())
    expect(await store.tasks('nobody-1', [])).toEqual(new Map())
    expect(await store.page('nobody-1', { states: null, cursor: null, limit: 5 })).toEqual({ tasks: [], next: null })
    const { rollout } = someRollout('nobody-1')
    expect(await store.save('nobody-1', { rollout, version: 1, tasks: [], consumed: 0, effects: [], changes: [] })).toEqual({ outcome: 'conflict' })
    expect(await store.load('nobody-1')).toBeNull()
  })

  test('the first save wins; the one that saw an older version changes nothing', async () => {
    const { save, tasks } = await created('conflict-1')
    const renamed = (reason: string): Save => ({
      ...save, rollout: { ...save.rollout, reason }, tasks: [{ ...tasks[0]!, tries: 7 }], consumed: 1, effects: [close('web-0')],
    })
    await store.post('conflict-1', started('web-0', 1))
    await store.post('conflict-1', started('web-1', 1))
    expect(await store.save('conflict-1', renamed('first'))).toEqual({ outcome: 'saved', outbox: [{ seq: 1, effect: close('web-0') }] })
    expect(await store.save('conflict-1', renamed('second'))).toEqual({ outcome: 'conflict' })
    const loaded = await store.load('conflict-1')
    expect(loaded).toMatchObject({ version: 2, rollout: { reason: 'first' }, inbox: [started('web-1', 1)], outbox: [{ seq: 1 }] })
  })

  test('the inbox keeps its order, is taken in from its head, and loses nothing that comes in between', async () => {
    const { save } = await created('inbox-1')
    for (let attempt = 1; attempt <= 250; attempt++) await store.post('inbox-1', started('web-0', attempt))
    const loaded = await store.load('inbox-1')
    expect(loaded?.inbox).toEqual(Array.from({ length: 200 }, (_, i) => started('web-0', i + 1)))
    await store.post('inbox-1', started('web-0', 251))
    await store.save('inbox-1', { ...save, consumed: 200 })
    expect((await store.load('inbox-1'))?.inbox).toEqual(Array.from({ length: 51 }, (_, i) => started('web-0', i + 201)))
  })

  test('the outbox grows in order, never repeats a number, and shrinks by what was performed', async () => {
    const { save } = await created('outbox-1')
    // Two equal effects are two entries.
    await store.save('outbox-1', { ...save, effects: [close('web-0'), close('web-0'), close('web-1')] })
    await store.performed('outbox-1', 2)
    await store.performed('outbox-1', 2)
    const saved = await store.save('outbox-1', { ...save, version: 2, effects: [close('web-2')] })
    expect(saved).toEqual({ outcome: 'saved', outbox: [{ seq: 3, effect: close('web-1') }, { seq: 4, effect: close('web-2') }] })
    await store.performed('outbox-1', 4)
    expect((await store.load('outbox-1'))?.outbox).toEqual([])
    expect(await store.save('outbox-1', { ...save, version: 3, effects: [close('web-0')] })).toMatchObject({ outbox: [{ seq: 5 }] })
  })

  test('a row is in exactly the queues that follow from it', async () => {
    const { tasks, save } = await created('queues-1')
    const [first, second, third] = tasks as [Task, Task, Task]
    const inLine: Task = { ...first, state: 'sent', inLineSinceMs: NOW + 5, attempt: 1 }
    const failed: Task = { ...second, state: 'failed', touchedAtMs: NOW, sinceMs: NOW + 9 }
    await store.save('queues-1', { ...save, tasks: [inLine, failed] })
    const heads = async () => {
      const names = ['offer-forward', 'sent-forward', 'claim-forward', 'done-forward', 'retry-forward', 'offer-back'] as const
      const found = await Promise.all(names.map(async (name): Promise<[QueueName, string[]]> => {
        const rows = await store.head('queues-1', name, 10)
        return [name, rows.map((task) => task.host)]
      }))
      return Object.fromEntries(found.filter(([, hosts]) => hosts.length > 0))
    }
    expect(await heads()).toEqual({ 'offer-forward': ['web-2'], 'claim-forward': ['web-0'], 'done-forward': ['web-1'], 'retry-forward': ['web-1'] })
    expect(Object.keys(queuesOf(failed)).sort()).toEqual(['done-forward', 'retry-forward'])

    const turned: Task = { ...failed, state: 'waiting', direction: 'back', rank: 0 }
    await store.save('queues-1', { ...save, version: 2, tasks: [turned, { ...inLine, state: 'running', inLineSinceMs: null }] })
    expect(await heads()).toEqual({ 'offer-forward': ['web-2'], 'offer-back': ['web-1'] })
    expect(await store.head('queues-1', 'offer-forward', 0)).toEqual([])
    expect(await store.head('queues-1', 'offer-forward', 1)).toEqual([third])
  })

  test('the last one that was done comes first in its queue', async () => {
    const { tasks, save } = await created('places-1')
    const done = tasks.map((task, i): Task => ({ ...task, state: 'succeeded', touchedAtMs: NOW, sinceMs: NOW + i }))
    await store.save('places-1', { ...save, tasks: done })
    expect((await store.head('places-1', 'done-forward', 2)).map((task) => task.host)).toEqual(['web-2', 'web-1'])
  })

  test('due times are those of the rows', async () => {
    const { tasks, save } = await created('due-1')
    const [first, second] = tasks as [Task, Task]
    expect(await store.nextDueAtMs('due-1')).toBeNull()
    await store.save('due-1', { ...save, tasks: [{ ...first, dueAtMs: NOW + 20 }, { ...second, dueAtMs: NOW + 10 }] })
    expect(await store.nextDueAtMs('due-1')).toBe(NOW + 10)
    expect(await store.due('due-1', NOW + 9, 5)).toEqual([])
    expect((await store.due('due-1', NOW + 10, 5)).map((task) => task.host)).toEqual(['web-1'])
    expect((await store.due('due-1', NOW + 99, 1)).map((task) => task.host)).toEqual(['web-1'])
    await store.save('due-1', { ...save, version: 2, tasks: [second] })
    expect(await store.nextDueAtMs('due-1')).toBe(NOW + 20)
  })

  test('pages run through the rows in order, filtered, each row once', async () => {
    const { tasks, save } = await created('page-1', 1100)
    const failed = tasks.filter((_, i) => i % 100 === 0).map((task): Task => ({ ...task, state: 'failed' }))
    await store.save('page-1', { ...save, tasks: failed })
    const seen: string[] = []
    for (let cursor: string | null = null, pages = 0; pages === 0 || cursor !== null; pages++) {
      const page = await store.page('page-1', { states: ['failed'], cursor, limit: 4 })
      seen.push(...page.tasks.map((task) => task.host))
      cursor = page.next
      expect(pages).toBeLessThan(4)
    }
    expect(seen).toEqual(failed.map((task) => task.host))
    const last = await store.page('page-1', { states: null, cursor: '1097', limit: 4 })
    expect(last).toMatchObject({ tasks: [{ order: 1098 }, { order: 1099 }], next: null })
    const refused = { problem: { code: 'body_invalid', field: 'cursor' } }
    await expect(store.page('page-1', { states: null, cursor: 'x', limit: 4 })).rejects.toMatchObject(refused)
  })

  test('a full inbox says so, and takes events in again once there is room', async () => {
    const { save } = await created('full-1')
    const fill = `for i = 1, ${MAX_INBOX_LENGTH} do redis.call('RPUSH', KEYS[1], ARGV[1]) end`
    await redis.connections.commands.eval(fill, 1, '{r:full-1}:inbox', JSON.stringify(started('web-0', 1)))
    await expect(store.post('full-1', started('web-0', 2))).rejects.toMatchObject({ problem: { code: 'unavailable' } })
    await store.save('full-1', { ...save, consumed: 1 })
    expect(await store.post('full-1', started('web-0', 2))).toBe(true)
  })
})
