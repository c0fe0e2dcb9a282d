import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { redisAssignments } from '../../../coordinator/adapters/hosts/assignments.ts'
import type { SealedStore } from '../../../coordinator/adapters/redis/sealed-texts.ts'
import type { Assignment } from '../../../coordinator/engine/ports/hosts.ts'
import { testKeys } from '../../keys.ts'
import { silent, startRedis } from './redis-fixture.ts'
import type { RedisFixture } from './redis-fixture.ts'

let fixture: RedisFixture
let sealed: SealedStore

beforeAll(async () => {
  fixture = await startRedis()
  sealed = { redis: fixture.redis, seals: (await testKeys()).seals, log: silent }
})
beforeEach(() => fixture.redis.flushall())
afterAll(() => fixture.stop())

type Generation = readonly [rollout: number, seq: number]

function assignment([rollout, seq]: Generation, host = 'h1'): Assignment {
  return { service: 'web', host, revision: `r${rollout}.${seq}`, rollout: `web-${rollout}`, generation: [rollout, seq] }
}

it.each<[string, Generation, Generation, 'first' | 'second']>([
  ['a later place in the outbox', [1, 2], [1, 3], 'second'],
  ['an earlier place', [1, 3], [1, 2], 'first'],
  ['a later rollout from its beginning', [1, 900], [2, 1], 'second'],
  ['an earlier rollout, however far it got', [2, 1], [1, 900], 'first'],
  ['numbers, not text', [9, 9], [10, 10], 'second'],
])('%s', async (_what, first, second, stays) => {
  const assignments = redisAssignments(sealed)
  await assignments.assign(assignment(first))
  await assignments.assign(assignment(second))
  const expected = assignment(stays === 'first' ? first : second)
  expect(await assignments.of('web', ['h1'])).toEqual(new Map([['h1', expected]]))
})

it('is the latest, in whatever order two coordinators assign', async () => {
  const both = [redisAssignments(sealed), redisAssignments({ ...sealed, redis: fixture.connect().commands })]
  const all = [3, 1, 2].flatMap((rollout) => [5, 2, 9, 1].map((seq) => assignment([rollout, seq])))
  await Promise.all(all.flatMap((one) => both.map((assignments) => assignments.assign(one))))
  expect(await both[0]!.of('web', ['h1'])).toEqual(new Map([['h1', assignment([3, 9])]]))
})

it('tells of the hosts that were asked about, per service; no service assigned is told as such', async () => {
  const assignments = redisAssignments(sealed)
  const removed = { ...assignment([1, 1], 'h2'), revision: null }
  await assignments.assign(assignment([1, 1], 'h1'))
  await assignments.assign(removed)
  await assignments.assign({ ...assignment([1, 1], 'h3'), service: 'mail' })
  expect(await assignments.of('web', ['h2', 'h3', 'h4'])).toEqual(new Map([['h2', removed]]))
  expect(await assignments.of('web', [])).toEqual(new Map())
})
