/** From one release to the next: what hosts with the former one fetch, also when that is damaged, when the coordinator dies meanwhile, and on the way back. */
import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { FetchView } from '../../../shared/api/fetch.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { begunTwice } from '../fleet/fleet-ledger.ts'
import { until } from '../fleet/until.ts'
import { LARGE_BYTES, LargeService, piecesBytes } from './large-service.ts'

const ALL_AT_ONCE = { concurrency: 3, prefetch: false, offline: 'wait' }

stopFleetsAfterwards()

let fleet: Fleet
let web: LargeService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 3, labels: (host) => ({ dc: 'fra', name: host }), agent: () => ({ flags: ['--download', '1MB'] }) })
  web = new LargeService(fleet, 'web')
  await web.apply()
})

const piecesOf = (host: string): string => join(fleet.agent(host).dataDir, 'packages', 'pieces')
const travelled = ({ fromPeersBytes, fromRelayBytes, fromOriginBytes }: FetchView) => fromPeersBytes + fromRelayBytes + fromOriginBytes

async function succeeded(id: string, version: string, hosts: readonly string[] = fleet.hosts): Promise<void> {
  const { phase, why } = await fleet.ended(id)
  expect({ phase, why }).toMatchObject({ phase: 'succeeded' })
  for (const host of hosts) expect(await web.isWhole(host, version), `${host} has ${version}`).toBe(true)
}

test('a coordinator that is killed while hosts fetch, and comes back, is waited for: the fetch goes on, and nothing runs twice', async () => {
  await web.release('1')
  const id = await web.start('1', ALL_AT_ONCE, 'name!=h3')
  await until('h1 has a part of it', async () => (await piecesBytes(piecesOf('h1'))) > LARGE_BYTES / 4)
  await fleet.coordinator.daemon.kill()
  const heldBytes = await piecesBytes(piecesOf('h1'))
  expect(heldBytes).toBeLessThan(LARGE_BYTES)
  await fleet.coordinator.start()
  await succeeded(id, '1', ['h1', 'h2'])
  expect(begunTwice(web.lines(id))).toEqual([])
  expect(web.lines(id).filter(({ mark, step }) => mark === 'begun' && step === 'start').map(({ host }) => host).toSorted()).toEqual(['h1', 'h2'])
  // what was held is not fetched again; what was on its way is
  expect(travelled(await web.fetched(id, 'h1'))).toBeLessThan(LARGE_BYTES + heldBytes / 2)
})

test('hosts that have the former release fetch the difference, a new one all of it, and all have the same; the way back is fetched by nobody', async () => {
  await web.releaseLike('2', '1')
  const id = await web.start('2', ALL_AT_ONCE)
  await succeeded(id, '2')
  const [h1, h2, h3] = await Promise.all([web.fetched(id, 'h1'), web.fetched(id, 'h2'), web.fetched(id, 'h3')])
  expect([h1.delta, h2.delta, h3.delta]).toEqual([true, true, false])
  for (const { bytesTotal } of [h1, h2]) expect(bytesTotal).toBeLessThan(LARGE_BYTES / 5)
  expect(travelled(h3)).toBeGreaterThan(LARGE_BYTES)
  const { fromPeersBytes, fromOriginBytes, bytesTotal } = (await fleet.rollout(id)).fetched!
  await fleet.api.post(`/v1/rollouts/${id}/rollback`)
  await fleet.ended(id)
  expect(await web.running()).toEqual({ h1: '1', h2: '1', h3: null })
  for (const host of ['h1', 'h2']) expect(await web.isWhole(host, '1')).toBe(true)
  expect((await fleet.rollout(id)).fetched).toMatchObject({ fromPeersBytes, fromOriginBytes, bytesTotal })
})

test('where the former release has been damaged meanwhile, the difference leads nowhere, and all is fetched', async () => {
  // pieces that have just come it still has in memory
  await fleet.agent('h1').daemon.kill()
  for (const file of await files(piecesOf('h1'))) await writeFile(file, randomBytes(1000), { flag: 'r+' })
  fleet.agent('h1').start(fleet.coordinator.grpc)
  await web.releaseLike('3', '1')
  const id = await web.start('3', ALL_AT_ONCE, 'name=h1')
  await succeeded(id, '3', ['h1'])
  await fleet.agent('h1').daemon.logged('a difference is of no use, the package is fetched whole')
  expect(travelled(await web.fetched(id, 'h1'))).toBeGreaterThan(LARGE_BYTES / 2)
})

async function files(dir: string): Promise<string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true })
  return found.filter((one) => one.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}
