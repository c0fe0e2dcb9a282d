/** A relay between a slow line and its hosts, in trouble: killed, gone, with a damaged cache, a full disk, a wrong clock. Hosts get their release. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { FetchView } from '../../../shared/api/fetch.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { Relay } from '../fleet/relay.ts'
import { until } from '../fleet/until.ts'
import { canTurnClocks, Clock } from './clock.ts'
import { LARGE_BYTES, LargeService, piecesBytes } from './large-service.ts'

/** What the relay is given: a release takes it some seconds. */
const LINE = '1MB'
const ALL_AT_ONCE = { concurrency: 3, prefetch: false }
/** Of what crosses the line: manifests, and the scripts of the release. */
const BESIDES_BYTES = 60_000

stopFleetsAfterwards()

let fleet: Fleet
let web: LargeService
/** It is in no host's datacenter: the relay alone fetches from it. */
let hub: Relay
let relay: Relay

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 3, labels: (host) => ({ dc: 'fra', name: host }) })
  web = new LargeService(fleet, 'web')
  await web.apply()
  hub = await Relay.join(fleet, 'hub', 'hub', ['--egress', LINE])
  relay = await Relay.join(fleet, 'fra-1', 'fra', ['--upstream', 'hub'])
})

/** Of these hosts. */
async function rolledOut(id: string, version: string, hosts: readonly string[] = fleet.hosts): Promise<void> {
  const { phase, why } = await fleet.ended(id)
  expect({ phase, why }).toMatchObject({ phase: 'succeeded' })
  for (const host of hosts) expect(await web.isWhole(host, version), `${host} has ${version}`).toBe(true)
}

/** A rollout, once the relay has this much of the release on its disk. */
async function begun(version: string): Promise<{ id: string; heldBytes: number }> {
  const before = await piecesBytes(relay.piecesDir)
  const id = await web.start(version, ALL_AT_ONCE)
  const heldBytes = await until('the relay has a part of it', async () => {
    const held = await piecesBytes(relay.piecesDir) - before
    return held > LARGE_BYTES / 3 && held
  })
  expect(heldBytes).toBeLessThan(LARGE_BYTES * 0.9)
  return { id, heldBytes }
}

async function fetchOf(id: string, host: string): Promise<FetchView> {
  return await until(`what ${host} has fetched is counted`, async () => (await fleet.tasks(id)).get(host)?.fetch)
}

const crossed = () => hub.figure('sent_to_relays_bytes_total')

test('killed while it fetches and started again, it goes on with what it has: each byte crosses the line once, but for those that were on their way', async () => {
  await web.release('1')
  const { id } = await begun('1')
  await relay.daemon.kill()
  const [heldBytes, before] = [await piecesBytes(relay.piecesDir), await crossed()]
  await relay.start()
  await rolledOut(id, '1')
  expect(await crossed() - before).toBeLessThanOrEqual(LARGE_BYTES - heldBytes + BESIDES_BYTES)
})

test('what is damaged on its disk is the release of nobody: hosts go past it', async () => {
  await web.release('2')
  await rolledOut(await web.start('2', ALL_AT_ONCE, 'name=h1'), '2', ['h1'])
  await fleet.agent('h1').daemon.kill()
  for (const file of await piecesIn(relay.piecesDir)) await writeFile(file, randomBytes(1000), { flag: 'r+' })
  await rolledOut(await web.start('2', ALL_AT_ONCE, 'name!=h1'), '2', ['h2', 'h3'])
  expect(await web.running()).toEqual({ h1: '2', h2: '2', h3: '2' })
  fleet.agent('h1').start(fleet.coordinator.grpc)
  await fleet.connected()
})

test('killed while it fetches and gone, its hosts go on with each other and with the coordinator', async () => {
  await web.release('3')
  const { id } = await begun('3')
  await relay.daemon.kill()
  await rolledOut(id, '3')
  const fetches = await Promise.all(fleet.hosts.map((host) => fetchOf(id, host)))
  expect(fetches.reduce((sum, { fromOriginBytes }) => sum + fromOriginBytes, 0)).toBeGreaterThan(0)
})

test.skipIf(process.getuid?.() !== 0)('with a full disk it passes on what it cannot keep', async () => {
  await relay.daemon.kill()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', relay.piecesDir])
  onTestFinished(() => void execFileSync('umount', ['-l', relay.piecesDir]))
  await relay.start()
  await web.release('4')
  const id = await web.start('4', ALL_AT_ONCE)
  await rolledOut(id, '4')
  await relay.daemon.logged('there is no room for pieces: they are passed on and not kept')
  expect(await relay.figure('sent_to_hosts_bytes_total')).toBeGreaterThan(LARGE_BYTES / 2)
})

test.skipIf(!canTurnClocks)('one whose clock is twenty minutes ahead takes no grant for a good one, and says so; its hosts go past it', async () => {
  await relay.daemon.kill()
  const clock = new Clock(join(fleet.dir, 'clock'))
  clock.turn(20)
  const wrong = await Relay.join(fleet, 'fra-2', 'fra', [], clock.env)
  await wrong.daemon.logged(`this relay's clock is 20 min ahead of the coordinator's: grants and certificates are judged wrongly until it is set`)
  await web.release('5')
  await rolledOut(await web.start('5', ALL_AT_ONCE), '5')
  expect(await wrong.figure('answers_refused_total')).toBeGreaterThan(0)
  expect(await wrong.figure('sent_to_hosts_bytes_total')).toBe(0)
})

async function piecesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true })
  return names.filter((name) => /^[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name)).map((name) => join(dir, name))
}
