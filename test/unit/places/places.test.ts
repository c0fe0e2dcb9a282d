import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisPlaces } from '../../../coordinator/adapters/places/places.ts'
import type { Places } from '../../../coordinator/engine/ports/places.ts'
import { realRedis } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'

let redis: RealRedis
let places: Places

beforeAll(async () => {
  redis = await realRedis()
  places = redisPlaces(redis.connections.commands)
})

afterAll(() => redis.stop())

const of = (...groups: string[]) => (host: string) => ({ host, groups })

test('are given in the order of the candidates, as far as every group of each has room', async () => {
  const candidates = [...['a', 'b', 'c'].map(of('*', 'rack=1')), ...['d', 'e'].map(of('*', 'rack=2'))]
  const room = new Map([['*', 3], ['rack=1', 1], ['rack=2', 5]])
  expect(await places.reserve('web', candidates, room, 10)).toEqual({ reserved: ['a', 'd', 'e'], full: 'rack=1' })
  expect((await places.taken('web')).sort()).toEqual(['a', 'd', 'e'])
})

test('are kept by who has one, and counted once', async () => {
  const again = { reserved: ['a'], full: '*' }
  expect(await places.reserve('web', ['a', 'f'].map(of('*')), new Map([['*', 3]]), 10)).toEqual(again)
  expect(await places.reserve('web', ['a', 'f'].map(of('*')), new Map([['*', 3]]), 10)).toEqual(again)
})

test('come free once, and are then for the next', async () => {
  expect(await places.free('web', 'a')).toBe(true)
  expect(await places.free('web', 'a')).toBe(false)
  expect(await places.reserve('web', ['f', 'g'].map(of('*')), new Map([['*', 3]]), 10)).toEqual({ reserved: ['f'], full: '*' })
})

test('are never more than asked for, nor more than there is room for, however many ask at once', async () => {
  const asks = Array.from({ length: 40 }, (_, i) => places.reserve('api', [of('*')(`h${i}`)], new Map([['*', 5]]), 1))
  const given = (await Promise.all(asks)).flatMap(({ reserved }) => reserved)
  expect(given).toHaveLength(5)
  expect((await places.taken('api')).sort()).toEqual(given.sort())
  expect(await places.reserve('db', ['x', 'y', 'z'].map(of('*')), new Map([['*', 5]]), 2)).toEqual({ reserved: ['x', 'y'], full: null })
})
