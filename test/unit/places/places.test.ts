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
  expect(await places.reserve({ service: 'web', id: 'web-1' }, candidates, room, 10)).toEqual({ reserved: ['a', 'd', 'e'], full: 'rack=1' })
  expect([...(await places.taken('web')).keys()].sort()).toEqual(['a', 'd', 'e'])
})

test('are kept by who has one, and counted once', async () => {
  const again = { reserved: ['a'], full: '*' }
  expect(await places.reserve({ service: 'web', id: 'web-1' }, ['a', 'f'].map(of('*')), new Map([['*', 3]]), 10)).toEqual(again)
  expect(await places.reserve({ service: 'web', id: 'web-1' }, ['a', 'f'].map(of('*')), new Map([['*', 3]]), 10)).toEqual(again)
})

test('come free once, and are then for the next', async () => {
  expect(await places.free('web', 'a', 'web-1')).toBe(true)
  expect(await places.free('web', 'a', 'web-1')).toBe(false)
  expect(await places.reserve({ service: 'web', id: 'web-1' }, ['f', 'g'].map(of('*')), new Map([['*', 3]]), 10)).toEqual({ reserved: ['f'], full: '*' })
})

test('are never more than asked for, nor more than there is room for, however many ask at once', async () => {
  const asks = Array.from({ length: 40 }, (_, i) => places.reserve({ service: 'api', id: 'api-1' }, [of('*')(`h${i}`)], new Map([['*', 5]]), 1))
  const given = (await Promise.all(asks)).flatMap(({ reserved }) => reserved)
  expect(given).toHaveLength(5)
  expect([...(await places.taken('api')).keys()].sort()).toEqual(given.sort())
  expect(await places.reserve({ service: 'db', id: 'db-1' }, ['x', 'y', 'z'].map(of('*')), new Map([['*', 5]]), 2)).toEqual({ reserved: ['x', 'y'], full: null })
})

test('belong to the rollout that asked last, and nobody else gives them back', async () => {
  const ask = (id: string) => places.reserve({ service: 'shop', id }, [of('*')('a')], new Map([['*', 1]]), 1)
  await ask('shop-1')
  expect(await ask('shop-2')).toEqual({ reserved: ['a'], full: null })
  expect(await places.taken('shop')).toEqual(new Map([['a', 'shop-2']]))
  expect(await places.free('shop', 'a', 'shop-1')).toBe(false)
  expect(await places.free('shop', 'a', 'shop-2')).toBe(true)
})
