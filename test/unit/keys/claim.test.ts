import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimKeys } from '../../../coordinator/adapters/keys/claim.ts'
import { fingerprintOf } from '../../../coordinator/adapters/keys/fingerprint.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'

let fixture: RedisFixture
beforeAll(async () => void (fixture = await startRedis()))
beforeEach(() => fixture.redis.flushall())
afterAll(() => fixture.stop())

const [ours, others] = [fingerprintOf(randomBytes(32)), fingerprintOf(randomBytes(32))]

test('coordinators with the same secret may come, again and again', async () => {
  await claimKeys(fixture.redis, ours)
  await claimKeys(fixture.connect().commands, ours)
  await expect(claimKeys(fixture.redis, ours)).resolves.toBeUndefined()
})

test('whoever has another secret does not start, and is told which setting it is about', async () => {
  await claimKeys(fixture.redis, ours)
  await expect(claimKeys(fixture.redis, others)).rejects.toMatchObject({
    problem: {
      code: 'config_invalid', field: '--key-dir',
      message: `this Redis belongs to coordinators with another key directory (${ours}; this one is ${others})`,
    },
  })
})

test('of several at once all but those of one secret are refused', async () => {
  const claims = await Promise.allSettled([ours, others, ours, others].map((one) => claimKeys(fixture.connect().commands, one)))
  expect(claims.filter(({ status }) => status === 'rejected')).toHaveLength(2)
})

