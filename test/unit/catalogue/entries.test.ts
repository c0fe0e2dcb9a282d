/** The history of entries, in a real Redis. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisCatalogue } from '../../../coordinator/adapters/catalogue/catalogue.ts'
import { currentRecords } from '../../../coordinator/adapters/catalogue/entries.ts'
import type { SealedStore } from '../../../coordinator/adapters/redis/sealed-texts.ts'
import { MAX_KEPT_ENTRIES } from '../../../coordinator/engine/ports/catalogue.ts'
import type { Catalogue, ServiceEntry } from '../../../coordinator/engine/ports/catalogue.ts'
import { Revisions } from '../../../coordinator/engine/revision.ts'
import { serviceSchema } from '../../../shared/service.ts'
import { testKeys } from '../../keys.ts'
import { silent, startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'

const RELEASE = { service: 'web', version: '1', srv: { digest: 'a'.repeat(64), sizeBytes: 1, entries: 1 }, cmd: null, envelope: null, createdAtMs: 0, createdBy: 'ann' }

let fixture: RedisFixture
let catalogue: Catalogue
let sealed: SealedStore

beforeAll(async () => {
  fixture = await startRedis()
  sealed = { redis: fixture.redis, seals: (await testKeys()).seals, log: silent }
  catalogue = redisCatalogue(sealed)
})

afterAll(() => fixture.stop())

const spec = (service: string, LEVEL: string) => serviceSchema.parse({ service, path: `/srv/${service}`, variables: { LEVEL } })
const numbersOf = async (service: string, before: number | null, limit: number) =>
  (await catalogue.entries(service, { before, limit })).map(({ entry }) => entry)

test('every applied entry is kept, with who and why; the same again is none', async () => {
  await catalogue.apply(spec('web', 'info'), 'ann', 1)
  const updated = await catalogue.apply(spec('web', 'debug'), 'bob', 2, { reason: 'to see more', restored: null })
  expect(updated).toMatchObject({ outcome: 'updated', before: { entry: 1 }, entry: { entry: 2, updatedBy: 'bob', reason: 'to see more' } })
  expect(await catalogue.apply(spec('web', 'debug'), 'eve', 3)).toMatchObject({ outcome: 'unchanged', entry: { entry: 2, updatedBy: 'bob' } })
  expect(await catalogue.entries('web', { before: null, limit: 10 })).toEqual([updated.entry, updated.before])
  expect(await catalogue.entry('web', 1)).toEqual(updated.before)
  expect(await catalogue.entry('web', 3)).toBeNull()
})

test('restoring an entry takes its hosts to the revision that they had', async () => {
  const first = await catalogue.apply(spec('back', 'info'), 'ann', 1)
  await catalogue.apply(spec('back', 'debug'), 'ann', 2)
  const old = await catalogue.entry('back', 1)
  const restored = await catalogue.apply(old!.spec, 'ann', 3, { reason: null, restored: 1 })
  expect(restored).toMatchObject({ outcome: 'updated', entry: { entry: 3, restored: 1 } })
  const revision = (of: typeof first) => new Revisions(of.entry.spec, RELEASE).base.goal.revision
  expect(revision(restored)).toBe(revision(first))
})

test('pages of the history join without a gap, also when entries are applied in between', async () => {
  for (let i = 1; i <= 5; i++) await catalogue.apply(spec('paged', `${i}`), 'ann', i)
  expect(await numbersOf('paged', null, 2)).toEqual([5, 4])
  await catalogue.apply(spec('paged', '6'), 'ann', 6)
  expect(await numbersOf('paged', 4, 2)).toEqual([3, 2])
  expect(await numbersOf('paged', 2, 2)).toEqual([1])
  expect(await numbersOf('paged', 1, 2)).toEqual([])
  expect(await numbersOf('nothing', null, 2)).toEqual([])
})

test('of many applied at once each gets a number of its own, and the history has them all', async () => {
  const applied = await Promise.all(Array.from({ length: 10 }, (_, i) => redisCatalogue({ ...sealed, redis: fixture.connect().commands }).apply(spec('race', `${i}`), 'ann', i)))
  const numbers = Array.from({ length: 10 }, (_, i) => 10 - i)
  expect(applied.map(({ entry }) => entry.entry).sort((a, b) => b - a)).toEqual(numbers)
  expect(await numbersOf('race', null, 20)).toEqual(numbers)
})

test('the oldest entries are forgotten', async () => {
  for (let i = 1; i <= MAX_KEPT_ENTRIES + 2; i++) await catalogue.apply(spec('long', `${i}`), 'ann', i)
  const kept = await numbersOf('long', null, MAX_KEPT_ENTRIES * 2)
  expect([kept[0], kept.at(-1), kept.length]).toEqual([MAX_KEPT_ENTRIES + 2, 3, MAX_KEPT_ENTRIES])
  expect(await catalogue.entry('long', 2)).toBeNull()
})

test('an entry from before there were overrides and instances has none', async () => {
  const { overrides: _o, instances: _i, limits: _l, drift: _d, joins: _j, ...old } = spec('old', 'info')
  const entry = { spec: old, entry: 1, updatedAtMs: 1, updatedBy: 'ann' } as unknown as ServiceEntry
  await fixture.redis.hset('{catalogue}:services', 'old', currentRecords(sealed).seal('old', entry))
  expect(await catalogue.service('old')).toEqual({ spec: spec('old', 'info'), entry: 1, updatedAtMs: 1, updatedBy: 'ann', reason: null, restored: null })
  expect(await catalogue.apply(spec('old', 'info'), 'ann', 2)).toMatchObject({ outcome: 'unchanged' })
})

test('a revision is called as it was last ordered, and is what it was', async () => {
  const revisions = [RELEASE, { ...RELEASE, version: '2' }].map((release) => new Revisions(spec('web', 'info'), release).base)
  for (const record of revisions) await catalogue.putRevisions([record])
  expect(await catalogue.revision(revisions[0]!.goal.revision)).toEqual(revisions[1])
})
