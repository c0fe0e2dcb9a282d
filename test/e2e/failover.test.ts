/** Redis with replicas and sentinels loses its master by kill -9 in the middle of a rollout: it goes on by itself, and no script is begun twice. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { replicatedRedis } from '../conformance/replicated-redis.ts'
import type { ReplicatedRedis } from '../conformance/replicated-redis.ts'
import { mostAtOnce, spansOf } from './fleet/ledger.ts'
import { until } from './fleet/until.ts'
import { Fleet, stopFleetsAfterwards } from './fleet.ts'
import { WebService } from './web-service.ts'

stopFleetsAfterwards()

let redis: ReplicatedRedis
let fleet: Fleet

beforeEach(async () => {
  redis = await replicatedRedis()
  await redis.configure('min-replicas-to-write', '1')
  fleet = await Fleet.start({ hosts: 5, flags: ['--redis', redis.url, '--redis-replicas', '1'] })
})
afterEach(async () => {
  await fleet.stop()
  await redis.stop()
})

test('a rollout outlives the master of its Redis', async () => {
  const web = new WebService(fleet, 'web')
  await web.apply()
  for (const version of ['1', '2']) await web.release(version, { stop: 'sleep 0.3', start: 'sleep 0.3', check: 'sleep 0.2' })
  expect((await web.rollOut('1')).phase).toBe('succeeded')

  const id = await web.start('2', { waves: [1], concurrency: 2, offline: 'wait' })
  await until('a script runs', () => web.ledgers(id).some(({ endedAtMs }) => endedAtMs === null))
  const before = await redis.master()
  redis.signal(before, 'SIGKILL')
  expect(await fleet.ended(id)).toMatchObject({ phase: 'succeeded', why: '5 of 5 hosts on 2' })

  expect(await redis.master()).not.toBe(before)
  expect(await web.versions()).toEqual(Object.fromEntries(fleet.hosts.map((host) => [host, '2'])))
  const begun = web.ledgers().map(({ host, command, step }) => `${host}: ${command} ${step}`)
  expect(begun).toHaveLength(new Set(begun).size)
  expect(mostAtOnce(spansOf(web.ledgers(id)))).toBeLessThanOrEqual(2)
})
