/** Hosts in trouble while they fetch: killed, with a full disk, with a liar for a neighbour, with a clock that is wrong. */
import { execFileSync } from 'node:child_process'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { FetchView } from '../../../shared/api/fetch.ts'
import { Fleet, stopFleetsAfterwards } from '../fleet.ts'
import { until } from '../fleet/until.ts'
import { canTurnClocks, Clock } from './clock.ts'
import { LARGE_BYTES, LargeService, PIECE_BYTES, piecesBytes } from './large-service.ts'

/** A release takes a host some seconds. */
const LINE = ['--download', '1MB']
const BY_ITSELF = { prefetch: false, offline: 'wait' }
const LIAR = join(import.meta.dirname, '../../lab/liar.ts')
/** Of the disk: what preflight asks for has room, and filling it up takes no time. */
const DISK = 'size=80m,mode=700'
/** Besides the release's own: manifests, and its scripts. */
const BESIDES_BYTES = 60_000

stopFleetsAfterwards()

let fleet: Fleet
let web: LargeService

beforeAll(async () => {
  fleet = await Fleet.start({ hosts: 2, labels: (host) => ({ dc: 'fra', name: host }), agent: () => ({ flags: LINE }) })
  web = new LargeService(fleet, 'web')
  await web.apply()
})

const packages = (host: string): string => join(fleet.agent(host).dataDir, 'packages')
const piecesOf = (host: string): string => join(packages(host), 'pieces')
const travelled = ({ fromPeersBytes, fromRelayBytes, fromOriginBytes }: FetchView) => fromPeersBytes + fromRelayBytes + fromOriginBytes

/** Resolves when the host has a part of a release on its disk that it did not have `before`. */
async function inTheMiddle(host: string, before = 0): Promise<void> {
  await until(`${host} has a part of it`, async () => (await piecesBytes(piecesOf(host))) - before > LARGE_BYTES / 4)
}

async function succeeded(id: string, version: string, hosts: readonly string[]): Promise<void> {
  const { phase, why } = await fleet.ended(id)
  expect({ phase, why }).toMatchObject({ phase: 'succeeded' })
  for (const host of hosts) expect(await web.isWhole(host, version), `${host} has ${version}`).toBe(true)
}

async function log(host: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(join(fleet.dir, `${host}.log`), 'utf8')).split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('killed in the middle, a host goes on with what is on its disk', async () => {
  await web.release('1')
  const id = await web.start('1', BY_ITSELF, 'name=h1')
  await inTheMiddle('h1')
  await fleet.agent('h1').daemon.kill()
  const heldBytes = await piecesBytes(piecesOf('h1'))
  expect(heldBytes).toBeLessThan(LARGE_BYTES)
  fleet.agent('h1').start(fleet.coordinator.grpc)
  await succeeded(id, '1', ['h1'])
  const fetch = await web.fetched(id, 'h1')
  expect(fetch.reusedBytes).toBeGreaterThan(LARGE_BYTES / 5)
  expect(travelled(fetch)).toBeLessThanOrEqual(LARGE_BYTES - heldBytes + BESIDES_BYTES + PIECE_BYTES)
})

test('a neighbour that gives out garbage is found out, asked no more, and harms nobody', async () => {
  const env = { ...process.env, NODE_OPTIONS: `--import ${LIAR}` }
  await fleet.join('liar', { dc: 'fra', name: 'liar' }, { env })
  onTestFinished(() => fleet.agent('liar').daemon.kill())
  await web.release('2')
  await succeeded(await web.start('2', BY_ITSELF, 'name=liar'), '2', ['liar'])
  await succeeded(await web.start('2', BY_ITSELF, 'name!=liar'), '2', ['h1', 'h2'])
  const found = (await Promise.all(['h1', 'h2'].map(log))).flat().filter(({ msg }) => String(msg).startsWith('sent bytes that are not those of the piece'))
  expect(found.length).toBeGreaterThan(0)
  expect(found.map(({ from }) => from)).toEqual(found.map(() => 'liar'))
})

test.skipIf(process.getuid?.() !== 0)('a disk that fills up fails the host in plain words and touches nothing that runs; with room again, a retry succeeds', async () => {
  await mkdir(packages('h2'), { recursive: true })
  await fleet.agent('h2').daemon.kill()
  execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', packages('h2')])
  onTestFinished(() => void execFileSync('umount', ['-l', packages('h2')]))
  fleet.agent('h2').start(fleet.coordinator.grpc)
  await fleet.connected(['h1', 'h2'])
  await web.release('3')
  const id = await web.start('3', BY_ITSELF, 'name=h2')
  await inTheMiddle('h2')
  const others = join(packages('h2'), 'others')
  await fill(others)
  await fleet.rolloutWhen(id, 'held', ({ phase }) => phase === 'paused')
  const failure = (await fleet.tasks(id)).get('h2')!.failure!
  expect(failure).toMatchObject({ step: 'fetch', revert: 'not-needed' })
  expect(failure.message).toMatch(/^fetch: no space is left on the file system of .*packages.*\(ENOSPC\); nothing that runs was touched$/)
  expect([await web.running(['h2']), await web.isWhole('h2', '2')]).toEqual([{ h2: '2' }, true])
  await rm(others)
  await fleet.api.post(`/v1/rollouts/${id}/retry`)
  await succeeded(id, '3', ['h2'])
})

test.skipIf(!canTurnClocks)('a host whose clock is set twenty minutes ahead gets the release; set back, it refuses the next, and says that it is its clock', async () => {
  const clock = new Clock(join(fleet.dir, 'clock'))
  await fleet.join('h3', { dc: 'fra', name: 'h3' }, { env: clock.env })
  clock.turn(20)
  await succeeded(await web.start('1', BY_ITSELF, 'name=h3'), '1', ['h3'])
  clock.turn(-20)
  await web.release('4')
  const id = await web.start('4', BY_ITSELF, 'name=h3')
  await fleet.rolloutWhen(id, 'held', ({ phase }) => phase === 'paused')
  expect((await fleet.tasks(id)).get('h3')!.failure!.message).toContain('its clock says')
  clock.turn(0)
  await fleet.api.post(`/v1/rollouts/${id}/retry`)
  await succeeded(id, '4', ['h3'])
})

/** Until the disk is full. */
async function fill(path: string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    for (const sizeBytes of [1024 * 1024, 4096]) {
      let hasRoom = true
      while (hasRoom) hasRoom = await takes(() => handle.write(Buffer.alloc(sizeBytes)))
    }
  } finally {
    await handle.close()
  }
}

async function takes(write: () => Promise<unknown>): Promise<boolean> {
  return await write().then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOSPC') return false
    throw error
  })
}
