/** Who gives out pieces, as Redis has it and hosts are told: relays that are heard, of the host's datacenter, and coordinators. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { redisRelays } from '../../../coordinator/adapters/relays/relays.ts'
import { hearRelay } from '../../../coordinator/engine/distribution/hear-relay.ts'
import { MAX_COORDINATORS_TOLD, Sources, SOURCES_REMEMBERED_MS } from '../../../coordinator/engine/distribution/sources.ts'
import { MAX_COORDINATORS, MAX_RELAYS, SOURCE_SILENT_AFTER_MS } from '../../../coordinator/engine/ports/relays.ts'
import type { Relays } from '../../../coordinator/engine/ports/relays.ts'
import { MAX_SOURCES } from '../../../shared/distribution/offer.ts'
import { relayReportAnswerSchema } from '../../../shared/distribution/relay-report.ts'
import { pinOfCertificate } from '../../../shared/identity/pin.ts'
import type { MusterError } from '../../../shared/errors.ts'
import { makeKeys, testKeys } from '../../keys.ts'
import { silent, startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import { machinesOf } from '../sessions/machines.ts'
import { reportOf } from './reports.ts'

const keys = await testKeys()
const OWN = { name: 'c1', url: 'https://c1.example:4602' }

let fixture: RedisFixture
let relays: Relays
let now = 1_000_000
beforeAll(async () => {
  fixture = await startRedis()
  relays = redisRelays({ redis: fixture.redis, seals: keys.seals, log: silent })
})
beforeEach(async () => {
  await fixture.redis.del('{relays}:heard', '{relays}:coordinators')
  now += 10 * SOURCE_SILENT_AFTER_MS
})
afterAll(() => fixture.stop())

/** Nothing of it is remembered yet. */
const sources = () => new Sources({ relays, own: () => OWN, clock: () => now })
const heard = (name: string, dc = 'fra') => relays.hear({ name, dc, report: reportOf(name), seenAtMs: now })
const namesFor = async (dc: string) => (await sources().of(dc)).map(({ name }) => name)

it('hosts are told of the relays of their own datacenter, then of the coordinators, in an order that is the same for all', async () => {
  for (const [name, dc] of [['r2', 'fra'], ['r1', 'fra'], ['sg1', 'sg'], ['nowhere', '']] as const) await heard(name, dc)
  await relays.announce({ name: 'c0', url: 'https://c0.example:4602', seenAtMs: now })
  expect(await sources().of('fra')).toEqual([
    { kind: 'relay', name: 'r1', url: 'https://r1.example:4610' }, { kind: 'relay', name: 'r2', url: 'https://r2.example:4610' },
    { kind: 'coordinator', name: 'c0', url: 'https://c0.example:4602' }, { kind: 'coordinator', ...OWN },
  ])
  expect([await namesFor('sg'), await namesFor(''), await namesFor('mars')]).toEqual([['sg1', 'c0', 'c1'], ['nowhere', 'c0', 'c1'], ['c0', 'c1']])
})

it('nobody is told of who has fallen silent; whoever speaks again is told of again', async () => {
  await heard('r1')
  await relays.announce({ name: 'c0', url: 'https://c0.example:4602', seenAtMs: now })
  now += SOURCE_SILENT_AFTER_MS - 1
  expect(await namesFor('fra')).toEqual(['r1', 'c0', 'c1'])
  now += 1
  expect([await namesFor('fra'), (await relays.all()).map(({ name }) => name)]).toEqual([['c1'], ['r1']])
  await heard('r1')
  expect(await namesFor('fra')).toEqual(['r1', 'c1'])
})

it('however many there are, a host is told of few, and of coordinators always', async () => {
  for (let n = 0; n < 2 * MAX_SOURCES; n++) await heard(`r${n}`)
  for (let n = 0; n < 2 * MAX_COORDINATORS_TOLD; n++) await relays.announce({ name: `d${n}`, url: 'https://d.example', seenAtMs: now })
  const kinds = (await sources().of('fra')).map(({ kind }) => kind)
  expect([kinds.length, kinds.filter((kind) => kind === 'coordinator').length]).toEqual([MAX_SOURCES, MAX_COORDINATORS_TOLD])
})

it('ten thousand hosts that ask at once ask Redis once, and again when some time has passed', async () => {
  let looks = 0
  const counted = new Sources({ relays: { ...relays, all: () => (looks += 1, relays.all()) }, own: () => OWN, clock: () => now })
  await Promise.all(Array.from({ length: 10_000 }, (_, n) => counted.of(`dc${n}`)))
  expect([looks, SOURCES_REMEMBERED_MS < SOURCE_SILENT_AFTER_MS]).toEqual([1, true])
})

it('what somebody else has written, or has moved from another’s place, leads nowhere; an older record is as old as it is', async () => {
  await heard('r1')
  await relays.announce({ ...OWN, name: 'c2', seenAtMs: now })
  const [sealed, old] = [(await fixture.redis.hget('{relays}:heard', 'r1'))!, (await fixture.redis.hget('{relays}:coordinators', 'c2'))!]
  const forged = redisRelays({ redis: fixture.redis, seals: (await makeKeys()).seals, log: silent })
  await forged.hear({ name: 'evil', dc: 'fra', report: reportOf('evil'), seenAtMs: now })
  await fixture.redis.hset('{relays}:heard', { r9: sealed, r1: sealed.replace('r1.example', 'evil.example'), r8: 'x' })
  expect(await namesFor('fra')).toEqual(['c1', 'c2'])
  now += SOURCE_SILENT_AFTER_MS
  await fixture.redis.hset('{relays}:heard', 'r1', sealed)
  await fixture.redis.hset('{relays}:coordinators', 'c2', old)
  expect(await namesFor('fra')).toEqual(['c1'])
})

it('there is room for so many; silent ones and what does not open make it', async () => {
  const filler = Object.fromEntries(Array.from({ length: MAX_RELAYS - 2 }, (_, n) => [`x${n}`, 'x']))
  await fixture.redis.hset('{relays}:heard', filler)
  await relays.hear({ name: 'silent', dc: '', report: reportOf('silent'), seenAtMs: now - SOURCE_SILENT_AFTER_MS })
  await heard('r1')
  expect([await heard('r2'), (await relays.all()).map(({ name }) => name)]).toEqual([true, ['r1', 'r2']])
  for (let n = 0; n < MAX_RELAYS - 2; n++) await heard(`y${n}`)
  expect([await heard('too-many'), await heard('r1')]).toEqual([false, true])
}, 30_000)

it('coordinators that have gone, with or without a word, are forgotten', async () => {
  await fixture.redis.hset('{relays}:coordinators', Object.fromEntries(Array.from({ length: MAX_COORDINATORS }, (_, n) => [`x${n}`, 'x'])))
  for (const name of ['a', 'b', 'c']) await relays.announce({ name, url: 'https://a.example', seenAtMs: now })
  await relays.leave('b')
  now += SOURCE_SILENT_AFTER_MS
  await relays.announce({ name: 'c', url: 'https://c.example', seenAtMs: now })
  expect(await relays.coordinators()).toEqual([{ name: 'c', url: 'https://c.example', seenAtMs: now }])
})

async function joined(name: string, labels: Record<string, string> = {}) {
  const all = await machinesOf(fixture)
  const { certificate } = await all.join(name, labels, 'relay')
  return { role: 'relay' as const, host: name, keyPin: pinOfCertificate(certificate) }
}
async function report(shown: Parameters<typeof hearRelay>[1], more: Parameters<typeof reportOf>[1] = {}) {
  const { identities } = await machinesOf(fixture)
  const ports = { identities, trust: () => keys.authority.trust(), clock: () => now, relays, sources: sources() }
  return hearRelay(ports, shown, reportOf(shown.host, more))
}

it('a relay that reports is told whom to trust and whom to ask, in a form that it can read', async () => {
  const answer = await report(await joined('r1'))
  const { authorities, signers } = keys.authority.trust()
  const der = (all: readonly Uint8Array[]) => all.map((one) => Buffer.from(one).toString('base64'))
  expect(answer).toEqual({ authorities: der(authorities), signers: der(signers), upstreams: [{ kind: 'coordinator', ...OWN }], siblings: ['https://r1.example:4610'] })
  expect(relayReportAnswerSchema.parse(JSON.parse(JSON.stringify(answer)))).toEqual(answer)
})

it('a relay behind another asks that one as long as it is heard, and never itself', async () => {
  const [edge, core] = [await joined('edge'), await joined('core')]
  const asks = async (upstream: string) => (await report(edge, { upstream })).upstreams.map(({ name }) => name)
  expect(await asks('core')).toEqual(['c1'])
  await report(core, { dc: 'sg' })
  expect([await asks('core'), await asks('edge')]).toEqual([['core', 'c1'], ['c1']])
})

it('its datacenter is the one that its token has bound, else what it says', async () => {
  await report(await joined('bound', { dc: 'sg' }), { dc: 'fra' })
  await report(await joined('free', { rack: 'r1' }), { dc: 'fra' })
  expect((await relays.all()).map(({ name, dc }) => [name, dc])).toEqual([['bound', 'sg'], ['free', 'fra']])
})

it('who was removed, has another key, or is no relay is not heard', async () => {
  const [gone, former] = [await joined('gone'), await joined('r1')]
  await (await machinesOf(fixture)).identities.remove('relay', 'gone')
  await joined('r1')
  const refusals = await Promise.all([gone, former, { ...former, role: 'agent' as const }].map((one) => report(one).catch((error: unknown) => error)))
  expect(refusals.map((error) => (error as MusterError).problem.code)).toEqual(['identity_unknown', 'identity_unknown', 'forbidden'])
  expect(await relays.all()).toEqual([])
})
