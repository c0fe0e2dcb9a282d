/** A relay over real HTTPS: what it fetches once, passes on while it comes, keeps, and refuses. */
import { beforeAll, describe, expect, test } from 'vitest'
import { bundleOf, deltaOf, Site } from '../pieces/site.ts'
import type { Bundle } from '../pieces/site.ts'
import { Asking, origin, relayAt } from './relays.ts'

let site: Site
let bundle: Bundle
beforeAll(async () => {
  site = await Site.open()
  bundle = await bundleOf(8, 100_000)
})

const bytesOf = (index: number): Buffer => bundle.all.get(bundle.at[index]!)!
const from = (one: Bundle) => (digest: string): Promise<Buffer | null> => Promise.resolve(one.all.get(digest) ?? null)

test('what a coordinator has goes through a relay, root first, then by number, and any of those that are wanted', async () => {
  const coordinator = await origin(site, from(bundle))
  const { where } = await relayAt(site, 'r1', () => [coordinator.source])
  const host = await Asking.open(site, 'h1', bundle)
  expect(await host.root(where)).toEqual({ kind: 'root', bytes: bundle.all.get(bundle.root) })
  expect(await host.piece(where, 0)).toMatchObject({ kind: 'piece', index: 0, bytes: bytesOf(0) })
  expect(await host.piece(where, 3)).toMatchObject({ kind: 'piece', index: 3, bytes: bytesOf(3) })
  const wanted = new Set(bundle.at.keys())
  while (wanted.size > 0) {
    const answer = await host.any(where, wanted)
    if (answer.kind !== 'piece') throw new Error(answer.kind)
    expect(answer.bytes).toEqual(bytesOf(answer.index))
    expect(wanted.delete(answer.index)).toBe(true)
  }
  expect(await host.any(where, [])).toMatchObject({ kind: 'missing' })
})
