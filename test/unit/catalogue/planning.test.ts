/** What a plan makes of variables, on the real catalogue: each host its revision, and each revision something that a command can be built from. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { obstaclesOf } from '../../../coordinator/engine/obstacles.ts'
import { plan } from '../../../coordinator/engine/planning.ts'
import { serviceSchema } from '../../../shared/service.ts'
import type { ServiceInput } from '../../../shared/service.ts'
import { signedRelease } from '../../keys.ts'
import { setUp } from '../engine/bench.ts'
import type { Bench } from '../engine/bench.ts'

const ARTIFACT = { digest: 'a'.repeat(64), sizeBytes: 1, entries: 1 }

let bench: Bench

beforeAll(async () => {
  bench = await setUp()
  for (const host of ['h1', 'h2', 'h3']) await bench.connect(host)
  for (const version of ['1', '1-again']) await bench.ports.catalogue.release(signedRelease(bench.ports.signer, { service: 'web', version, srv: ARTIFACT, cmd: null }))
  await apply({})
})

afterAll(() => bench.stop())

const apply = (more: Partial<ServiceInput>) =>
  bench.ports.catalogue.apply(serviceSchema.parse({ service: 'web', path: '/srv/web', variables: { LEVEL: 'info' }, ...more }), 'ann', 0)

async function planned(release = '1') {
  const { revision, records, hosts } = await plan(bench.ports, { service: 'web', release })
  return { base: revision, records: records.map(({ goal }) => goal), of: Object.fromEntries(hosts.map((host) => [host.host, host.revision])) }
}

test('without overrides all hosts go to one revision', async () => {
  const { base, records, of } = await planned()
  expect(of).toEqual({ h1: base, h2: base, h3: base })
  expect(records.map(({ revision }) => revision)).toEqual([base])
})

test('a host with variables of its own goes to a revision of its own; the base is there also where no host runs it', async () => {
  const before = await planned()
  await apply({ overrides: ['h1', 'h2', 'h3'].map((host) => ({ host, variables: { LEVEL: host === 'h2' ? 'debug' : 'warn' } })) })
  const { base, records, of } = await planned()
  expect(base).toBe(before.base)
  expect(of['h1']).toBe(of['h3'])
  const levels = Object.fromEntries(records.map(({ revision, variables }) => [revision, variables['LEVEL']]))
  expect(levels).toEqual({ [base]: 'info', [of['h1']!]: 'warn', [of['h2']!]: 'debug' })
})

test('the same packages under another version are the same revisions', async () => {
  expect((await planned('1-again')).of).toEqual((await planned('1')).of)
})

test('what a start would meet is the deployments that have some of its hosts, and the freeze that covers one', async () => {
  const met = async (hosts: string) => {
    const { busy, frozen } = await obstaclesOf(bench.ports, await plan(bench.ports, { service: 'web', release: '1', hosts }))
    return { busy: busy.map(({ rollout, hosts: shared }) => [rollout.id, shared]), frozen: frozen?.freeze.name ?? null }
  }
  expect(await met('h1,h2')).toEqual({ busy: [], frozen: null })
  const id = await bench.start('1', {}, 'h2,h3')
  const window = { kind: 'once' as const, fromMs: bench.ports.clock(), toMs: bench.ports.clock() + 3_600_000 }
  await bench.ports.freezes.add({ name: 'sale', window, services: null, hosts: 'h1', reason: 'the sale', by: 'ann', createdAtMs: 0 })
  expect(await met('h1,h2')).toEqual({ busy: [[id, ['h2']]], frozen: 'sale' })
  expect(await met('h3')).toEqual({ busy: [[id, ['h3']]], frozen: null })
  expect(await met('h1')).toEqual({ busy: [], frozen: 'sale' })
})
