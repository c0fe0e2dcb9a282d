/** Which packages must stay: the latest releases', and whatever runs, is assigned, under way or named for later; and what becomes of the others' releases. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { plan } from '../../../coordinator/engine/planning.ts'
import { collectUnneeded, neededArtifacts } from '../../../coordinator/engine/retention.ts'
import { Revisions } from '../../../coordinator/engine/revision.ts'
import type { Ports } from '../../../coordinator/engine/ports/ports.ts'
import { setUp } from './bench.ts'
import type { Bench } from './bench.ts'

const CMD = 'a'.repeat(64)
const srvOf = (version: string) => version.repeat(64)

let bench: Bench
let ports: Ports

beforeEach(async () => {
  bench = await setUp()
  await bench.prepare({}, ['1', '2', '3', '4', '5', '6', '7'])
  ports = { ...bench.ports, packages: { ...bench.ports.packages, retain: 2 } }
})
afterEach(() => bench.stop())

async function versionsNeeded(): Promise<string[]> {
  const needed = await neededArtifacts(ports)
  expect(needed.delete(CMD)).toBe(true)
  return [...needed].map((digest) => digest.charAt(0)).sort()
}

/** As a revision of the service on any host. */
async function revisionOf(version: string): Promise<string> {
  const { spec } = (await ports.catalogue.service('web'))!
  const { base } = new Revisions(spec, (await ports.catalogue.getRelease('web', version))!)
  await ports.catalogue.putRevisions([base])
  return base.goal.revision
}

test('the latest releases of each service', async () => {
  expect(await versionsNeeded()).toEqual(['6', '7'])
  ports.packages.retain = 4
  expect(await versionsNeeded()).toEqual(['4', '5', '6', '7'])
})

test('what a host is assigned, what a rollout that has not ended goes to, what joining hosts get, and what a schedule names', async () => {
  await bench.connect('h1')
  await ports.assignments.assign({ service: 'web', host: 'h1', revision: await revisionOf('1'), rollout: 'web-1', generation: [1, 1] })
  expect(await versionsNeeded()).toEqual(['1', '6', '7'])
  await bench.start('3', {})
  expect(await versionsNeeded()).toEqual(['1', '3', '6', '7'])
  await ports.intents.put({ service: 'web', rollout: 'web-9', generation: 9, release: '4', entry: 1, hosts: null })
  expect(await versionsNeeded()).toEqual(['1', '3', '4', '6', '7'])
})

test('the store is told what is needed; when that cannot be found out it is told nothing', async () => {
  const told: ReadonlySet<string>[] = []
  const collected = { artifacts: 5, deltas: 0, pieces: 9, bytes: 99, damaged: [] }
  ports.packages.collect = async (needed) => { told.push(needed); return collected }
  expect(await collectUnneeded(ports)).toEqual(collected)
  expect(told).toEqual([new Set([srvOf('6'), srvOf('7'), CMD])])
  const broken = { ...ports, hosts: { ...ports.hosts, all: () => Promise.reject(new Error('Redis is away')) } }
  await expect(collectUnneeded(broken)).rejects.toThrow('Redis is away')
  expect(told).toHaveLength(1)
})

test('a rollout to a release whose packages are gone is refused before anything begins', async () => {
  await bench.connect('h1')
  const held: string[] = []
  ports.packages.hold = async (digest) => { held.push(digest); return digest === srvOf('1') ? null : { digest, sizeBytes: 1, entries: 1 } }
  await expect(plan(ports, { service: 'web', release: '1' })).rejects.toMatchObject({
    problem: { code: 'release_retired', field: 'release', message: 'the packages of web 1 are no longer kept' },
  })
  await plan(ports, { service: 'web', release: '7' })
  expect(held.sort()).toEqual([srvOf('1'), srvOf('7'), CMD, CMD].sort())
})
