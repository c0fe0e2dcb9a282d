/** What a plan makes of variables, on the real catalogue: each host its revision, and each revision something that a command can be built from. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plan } from '../../../coordinator/engine/planning.ts'
import { serviceSchema } from '../../../shared/service.ts'
import type { ServiceInput } from '../../../shared/service.ts'
import { setUp } from '../engine/bench.ts'
import type { Bench } from '../engine/bench.ts'

const ARTIFACT = { digest: 'a'.repeat(64), sizeBytes: 1, entries: 1 }

let bench: Bench

beforeAll(async () => {
  bench = await setUp()
  for (const host of ['h1', 'h2', 'h3']) await bench.connect(host)
  for (const version of ['1', '1-again']) await bench.ports.catalogue.release({ service: 'web', version, srv: ARTIFACT, cmd: null, createdAtMs: 0, createdBy: 'ann' })
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
