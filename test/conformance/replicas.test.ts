/** What is promised of a Redis with replicas: whatever was acknowledged is there after a fail-over, and nothing is acknowledged that might not be. */
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HOSTS } from '../../coordinator/adapters/hosts/keys.ts'
import { redisSessions } from '../../coordinator/adapters/hosts/sessions.ts'
import { connectRedis } from '../../coordinator/adapters/redis/connection.ts'
import type { RedisConnections } from '../../coordinator/adapters/redis/connection.ts'
import { Era } from '../../coordinator/adapters/redis/era.ts'
import { redisRollouts } from '../../coordinator/adapters/redis/rollouts.ts'
import { checkServer } from '../../coordinator/adapters/redis/server-check.ts'
import type { RolloutStore } from '../../coordinator/engine/ports/rollouts.ts'
import { MusterError } from '../../shared/errors.ts'
import { until } from '../e2e/fleet/until.ts'
import { greeting } from '../unit/hosts/greetings.ts'
import { silent } from './real-redis.ts'
import { replicatedRedis } from './replicated-redis.ts'
import type { ReplicatedRedis } from './replicated-redis.ts'
import { someRollout } from './some-rollout.ts'

const SAVES_BEFORE_THE_KILL = 100
const SAVES_AFTER_IT = 50

let redis: ReplicatedRedis
let connections: RedisConnections
let store: RolloutStore

beforeEach(async () => {
  redis = await replicatedRedis()
  connections = connectRedis(redis.url, silent, { replicas: 1, isPrivate: false })
  store = redisRollouts(connections)
})
afterEach(async () => {
  connections.close()
  await redis.stop()
})

const isUnavailable = (error: unknown) => error instanceof MusterError && error.problem.code === 'unavailable'

/** True: acknowledged. False: it may have been done or not. */
async function acknowledged(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (!isUnavailable(error)) throw error
    return false
  }
}

/** One save and one report. @returns whether both were acknowledged, and which number the save took */
async function saveOnce(id: string, number: number): Promise<boolean> {
  return acknowledged(async () => {
    const { rollout, version } = (await store.load(id))!
    const saved = await store.save(id, { rollout: { ...rollout, turned: number }, version, tasks: [], consumed: 0, effects: [], changes: [] })
    expect(saved.outcome).toBe('saved')
    await store.post(id, { type: 'HostLost', host: `web-${number}` })
  })
}

test('the master is killed in a stream of saves: everything acknowledged is there afterwards', async () => {
  const { rollout, tasks } = someRollout('web-1')
  await store.create(rollout, tasks, [])
  const before = await redis.master()
  const others: string[] = []
  connections.onOtherServer(() => others.push('another server'))
  const done: number[] = []
  let sinceKill = 0
  for (let number = 1; sinceKill < SAVES_AFTER_IT; number++) {
    if (number === SAVES_BEFORE_THE_KILL) setImmediate(() => redis.signal(before, 'SIGKILL'))
    if (!(await saveOnce('web-1', number))) continue
    done.push(number)
    if (others.length > 0) sinceKill++
  }
  expect(await redis.master()).not.toBe(before)
  const { inbox, rollout: now } = (await store.load('web-1'))!
  expect(now.turned).toBe(done.at(-1))
  const kept = new Set(inbox.map((event) => (event.type === 'HostLost' ? event.host : '')))
  expect(done.filter((number) => !kept.has(`web-${number}`))).toEqual([])
  expect(done.length).toBeGreaterThan(SAVES_BEFORE_THE_KILL)
  expect(await store.active()).toEqual(['web-1'])
})

test('without its replica nothing is acknowledged, what there is can be read, and what was written anyway does no harm', async () => {
  const { rollout, tasks } = someRollout('web-1')
  await store.create(rollout, tasks, [])
  const master = await redis.master()
  const replicas = redis.ports.filter((port) => port !== master)
  for (const port of replicas) redis.signal(port, 'SIGSTOP')
  const save = { rollout: { ...rollout, turned: 1 }, version: 1, tasks: [], consumed: 0, effects: [], changes: [] }
  const problem: unknown = expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('only 0 of 1 replicas') as unknown })
  await expect(store.save('web-1', save)).rejects.toMatchObject({ problem })
  expect((await store.list({ service: null, cursor: null, limit: 10 })).rollouts).toHaveLength(1)

  for (const port of replicas) redis.signal(port, 'SIGCONT')
  // It was written: who does not know that and saves again is told, and loads anew.
  const again = await until('the replicas answer', () => store.save('web-1', save).catch(() => null))
  expect(again).toEqual({ outcome: 'conflict' })
  expect(await store.load('web-1')).toMatchObject({ version: 2, rollout: { turned: 1 } })
})

test('what was asked of a master that has died is not done by the next one', async () => {
  const { commands } = connections
  await commands.set('key', 'before')
  const other = Promise.withResolvers<void>()
  connections.onOtherServer(other.resolve)
  const closed = new Promise((resolve) => commands.once('close', resolve))
  redis.signal(await redis.master(), 'SIGKILL')
  await closed
  const late = commands.set('key', 'late')
  await expect(late).rejects.toSatisfy(isUnavailable)
  await other.promise
  expect(await commands.get('key')).toBe('before')
  expect(await commands.set('key', 'after')).toBe('OK')
})

test('a coordinator says at its start what a fail-over could lose', async () => {
  const warnings = async (replicas: number) => {
    const lines: string[] = []
    const stream = new Writable({ write: (chunk, _encoding, done) => (lines.push((JSON.parse(String(chunk)) as { msg: string }).msg), done()) })
    await checkServer(connections.commands, pino({ level: 'warn' }, stream), { replicas, hasSentinels: true })
    return lines
  }
  expect(await warnings(0)).toEqual([expect.stringContaining('--redis-replicas 1')])
  expect(await warnings(1)).toEqual([expect.stringContaining('CONFIG SET min-replicas-to-write 1')])
  await redis.configure('min-replicas-to-write', '1')
  expect(await warnings(1)).toEqual([])
  expect(await warnings(3)).toEqual([expect.stringContaining('2 of the 3 replicas'), expect.stringContaining('CONFIG SET min-replicas-to-write 3')])
})

test('after a fail-over epochs go on above all that were given, and jobs wait until hosts have spoken', async () => {
  const { commands } = connections
  const other = Promise.withResolvers<void>()
  connections.onOtherServer(other.resolve)
  const era = new Era(commands, 1000)
  const sessions = redisSessions(commands, 'one', () => era.leastEpoch())
  expect([await sessions.open('h1', greeting, 1), await sessions.open('h1', greeting, 2)]).toEqual([1, 2])
  const driven: string[] = []
  const job = async (id: string) => void driven.push(id)
  const jobs = era.heldBack({ start: job, drive: job, fire: job, sweep: () => job('all') })
  await jobs.drive('before')

  redis.signal(await redis.master(), 'SIGKILL')
  await other.promise
  // As if the last session's record had been forgotten. The new master acknowledges nothing before a replica follows it.
  await until('a replica follows', () => acknowledged(() => commands.hset(HOSTS.epochs, 'h1', 1)))
  await jobs.drive('too soon')
  const later = await sessions.open('h1', greeting, 3)
  expect(later).toBeGreaterThan(2)
  expect(await new Era(commands, 3_600_000).isSettled()).toBe(false)
  await until('the era is settled', () => era.isSettled())
  await jobs.drive('after')
  expect(driven).toEqual(['before', 'after'])
  expect(await sessions.open('h1', greeting, 4)).toBe(later + 1)
})
