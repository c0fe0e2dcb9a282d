/** A relay's swarm by itself, with the pieces coming when the test says so. */
import { expect, test } from 'vitest'
import { Flights } from '../../../relay/flights.ts'
import type { Shelf } from '../../../relay/flights.ts'
import { Swarm } from '../../../relay/swarm.ts'
import { Bitmap } from '../../../shared/swarm/bitmap.ts'
import { bundleOf } from '../pieces/site.ts'
import { silent } from './relays.ts'

const never = new AbortController().signal

test('a swarm is not forgotten before it has learned what it consists of: it would be pinned for nobody', async () => {
  const bundle = await bundleOf(2, 10_000)
  const bringing = Promise.withResolvers<Buffer>()
  const shelf: Shelf = { has: () => false, read: () => Promise.resolve(null), store: () => Promise.resolve('stored') }
  const flights = new Flights(shelf, ({ digest }) => digest === bundle.root ? bringing.promise : Promise.resolve('missing'), silent, never)
  const swarm = new Swarm(bundle.root, flights, never)
  const learning = swarm.learn()
  expect(swarm.isDeserted(-1)).toBe(false)
  bringing.resolve(bundle.all.get(bundle.root)!)
  await learning
  expect(swarm.isDeserted(-1)).toBe(true)
})

test.each([['as large as that', 100_000, false], ['that is little as a whole', 10_000, true]])('pages are little, and packs of one %s', async (_what, packBytes, expected) => {
  const bundle = await bundleOf(3, packBytes)
  const shelf: Shelf = { has: () => false, read: (digest) => Promise.resolve(bundle.all.get(digest) ?? null), store: () => Promise.resolve('stored') }
  const swarm = new Swarm(bundle.root, new Flights(shelf, ({ digest }) => Promise.resolve(bundle.all.get(digest) ?? 'missing'), silent, never), never)
  expect(swarm.isLittle(0)).toBe(false)
  await swarm.learn()
  expect([swarm.isLittle(0), swarm.isLittle(1)]).toEqual([true, expected])
})

test('whoever wants pages and packs is given the pages first', async () => {
  const bundle = await bundleOf(3, 100_000)
  const shelf: Shelf = { has: () => true, read: (digest) => Promise.resolve(bundle.all.get(digest) ?? null), store: () => Promise.resolve('stored') }
  const swarm = new Swarm(bundle.root, new Flights(shelf, () => Promise.resolve('missing'), silent, never), never)
  await swarm.learn()
  expect([...swarm.first(Bitmap.of(4, [0, 2, 3])).indexes()]).toEqual([0])
  expect([...swarm.first(Bitmap.of(4, [2, 3])).indexes()]).toEqual([2, 3])
})
