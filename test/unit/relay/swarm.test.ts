/** A relay's swarm by itself, with the pieces coming when the test says so. */
import { expect, test } from 'vitest'
import { Flights } from '../../../relay/flights.ts'
import type { Shelf } from '../../../relay/flights.ts'
import { Swarm } from '../../../relay/swarm.ts'
import { bundleOf } from '../pieces/site.ts'
import { silent } from './relays.ts'

test('a swarm is not forgotten before it has learned what it consists of: it would be pinned for nobody', async () => {
  const bundle = await bundleOf(2, 10_000)
  const never = new AbortController().signal
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
