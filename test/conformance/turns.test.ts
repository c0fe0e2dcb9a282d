/** Turns: one at a time, over all coordinators, also when one of them dies or takes too long. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { redisTurns } from '../../coordinator/adapters/turns/turns.ts'
import type { Turns } from '../../coordinator/engine/ports/turns.ts'
import { realRedis } from './real-redis.ts'
import type { RealRedis } from './real-redis.ts'

let redis: RealRedis
let turns: Turns

beforeEach(async () => {
  redis = await realRedis()
  turns = redisTurns(redis.connections.commands)
})
afterEach(() => redis.stop())

test('two are never at the same thing at once, and others do not wait for it', async () => {
  let [at, most] = [0, 0]
  const work = async () => {
    most = Math.max(most, ++at)
    await turns.inTurn('elsewhere', async () => undefined)
    at--
  }
  await Promise.all(Array.from({ length: 10 }, () => turns.inTurn('web', work)))
  expect([at, most]).toEqual([0, 1])
})

test('what it does comes back, and so does what goes wrong; the turn is given back either way', async () => {
  expect(await turns.inTurn('web', async () => 7)).toBe(7)
  await expect(turns.inTurn('web', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await redis.connections.commands.exists('{turns}:web')).toBe(0)
})

test('who has lost his turn is told before he does what must not happen twice, and takes nobody else’s away', async () => {
  await turns.inTurn('web', async (turn) => {
    await turn.confirm()
    await redis.connections.commands.set('{turns}:web', 'somebody else')
    await expect(turn.confirm()).rejects.toMatchObject({ problem: { code: 'unavailable', message: expect.stringMatching(/^the work on web took too long/) } })
    await redis.connections.commands.del('{turns}:web')
    await expect(turn.confirm()).rejects.toMatchObject({ problem: { code: 'unavailable' } })
    await redis.connections.commands.set('{turns}:web', 'somebody else')
  })
  expect(await redis.connections.commands.get('{turns}:web')).toBe('somebody else')
})
