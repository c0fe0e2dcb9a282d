/** Releases on the real catalogue: who signs them, and that what somebody changes in Redis never becomes an order. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { releaseRecords } from '../../../coordinator/adapters/catalogue/catalogue.ts'
import { plan } from '../../../coordinator/engine/planning.ts'
import type { Release } from '../../../coordinator/engine/ports/catalogue.ts'
import { createRelease, judged } from '../../../coordinator/engine/release.ts'
import { Revisions } from '../../../coordinator/engine/revision.ts'
import type { Envelope } from '../../../shared/envelope.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { publicKeyLine } from '../../../shared/identity/public-key.ts'
import { serviceSchema } from '../../../shared/service.ts'
import type { ServiceSpec } from '../../../shared/service.ts'
import { envelopeFor, signedWith, statementOf } from '../../../shared/signed-release.ts'
import { realRedis, silent } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'
import { makeKeys, testKeys } from '../../keys.ts'
import { benchOn } from '../engine/bench.ts'
import type { Bench } from '../engine/bench.ts'

const SRV = { digest: 'a'.repeat(64), sizeBytes: 10, entries: 1 }
const OTHER = { digest: 'b'.repeat(64), sizeBytes: 10, entries: 1 }
const owner = generateKeyPairSync('ed25519')
const second = generateKeyPairSync('ed25519')

let redis: RealRedis
let bench: Bench
let services = 0
let web: ServiceSpec
let owned: ServiceSpec

beforeAll(async () => {
  redis = await realRedis()
  bench = benchOn(redis, await testKeys())
  await bench.connect('h1')
})

afterAll(() => bench.stop())

beforeEach(async () => {
  services += 1
  web = await applied(`web-${services}`, [])
  owned = await applied(`owned-${services}`, [publicKeyLine(owner.publicKey), publicKeyLine(second.publicKey)])
})

async function applied(service: string, releaseKeys: string[]): Promise<ServiceSpec> {
  const spec = serviceSchema.parse({ service, path: `/srv/${service}`, releaseKeys })
  await bench.ports.catalogue.apply(spec, 'ann', 1)
  return spec
}

const wanted = { version: '1', srv: SRV, cmd: null, commit: 'c0ffee', build: 'https://ci.example/1', envelope: null }
const create = (spec: ServiceSpec, more: Partial<Parameters<typeof createRelease>[2]> = {}, by = 'ann') => createRelease(bench.ports, spec, { ...wanted, ...more }, by)
const planned = (spec: ServiceSpec, release = '1') => plan(bench.ports, { service: spec.service, release })
const refused = (fault: string) => ({ problem: { code: 'signature_invalid', field: 'release', message: expect.stringContaining(fault) as string } })

function stated(spec: ServiceSpec, more: object = {}): Envelope {
  return envelopeFor({ service: spec.service, version: '1', srv: SRV, cmd: null, provenance: { by: 'olga', commit: 'beef', build: null, atMs: 7 }, ...more })
}

/** Somebody writes into Redis, who has got hold of the seals' secret too: releases are signed besides. */
async function tamper(spec: ServiceSpec, change: (release: Release) => object, version = '1'): Promise<void> {
  const { seals } = await testKeys()
  const records = releaseRecords({ redis: redis.connections.commands, seals, log: silent }, spec.service)
  const release = (await records.get('1'))!
  await redis.connections.commands.hset(records.key, version, records.seal(version, change(release) as Release))
}

test('the coordinator says what it names, and signs that', async () => {
  const { outcome, release } = await create(web)
  expect(outcome).toBe('created')
  expect(statementOf(release.envelope!)).toEqual({
    service: web.service, version: '1', srv: SRV, cmd: null,
    provenance: { by: 'ann', commit: 'c0ffee', build: 'https://ci.example/1', atMs: bench.ports.clock() },
  })
  const [key] = [...bench.ports.signer.releaseKeys().keys()]
  expect(judged(bench.ports, web, release)).toMatchObject({ fault: null, signers: [{ key, of: 'coordinator' }], provenance: { by: 'ann', commit: 'c0ffee' } })
  const { records } = await planned(web)
  expect(records[0]?.goal.release).toEqual(release.envelope)
})

test('the same again changes nothing; other packages are refused', async () => {
  const { release } = await create(web)
  bench.pass(1)
  expect(await create(web, {}, 'bob')).toEqual({ outcome: 'unchanged', release })
  await expect(create(web, { srv: OTHER })).rejects.toMatchObject({ problem: { code: 'release_exists', field: 'version' } })
})

describe('a release that was changed in Redis is not planned', () => {
  test.each<[string, (release: Release) => object, string]>([
    ['another program', (release) => ({ ...release, srv: OTHER }), 'the statement names another srv package'],
    ['a program of another size', (release) => ({ ...release, srv: { ...SRV, sizeBytes: 11 } }), 'the statement names another srv package'],
    ['scripts', (release) => ({ ...release, cmd: OTHER }), 'the statement names another cmd package'],
    ['no envelope', ({ envelope: _, ...release }) => release, 'it was made before releases were'],
    ['no signature', (release) => ({ ...release, envelope: { ...release.envelope, signatures: [] } }), 'is not signed by this coordinator'],
  ])('%s', async (_what, change, fault) => {
    await create(web)
    await tamper(web, change)
    await expect(planned(web)).rejects.toMatchObject(refused(fault))
    const release = (await bench.ports.catalogue.getRelease(web.service, '1'))!
    expect(judged(bench.ports, web, release)).toMatchObject({ fault: expect.stringContaining(fault) as string, provenance: null })
  })

  test('under another version, or in another service', async () => {
    await create(web)
    await tamper(web, (release) => ({ ...release, version: '2' }), '2')
    await expect(planned(web, '2')).rejects.toMatchObject(refused(`the statement is for ${web.service} 1`))
    const { release } = await create(await applied(`other-${services}`, []))
    await tamper(web, (there) => ({ ...there, envelope: release.envelope }))
    await expect(planned(web)).rejects.toMatchObject(refused(`the statement is for other-${services} 1`))
  })

  test('signed by a key that is no coordinator\'s', async () => {
    const { keyring } = await makeKeys()
    await create(web)
    await tamper(web, (release) => ({ ...release, envelope: signedWith(keyring.releases.key, stated(web)) }))
    await expect(planned(web)).rejects.toMatchObject(refused('is not signed by this coordinator'))
  })
})

test('a release from before releases were signed is signed when somebody makes it again, and keeps its maker', async () => {
  await create(web)
  await tamper(web, ({ envelope: _, ...release }) => ({ ...release, createdBy: 'former' }))
  await expect(create(web, { srv: OTHER })).rejects.toMatchObject({ problem: { code: 'release_exists' } })
  const { outcome, release } = await create(web)
  expect([outcome, release.createdBy]).toEqual(['signed', 'former'])
  expect((await planned(web)).release).toEqual(release)
})

test('of two who make a version at once one is second', async () => {
  const outcomes = await Promise.all([create(web), create(web), create(web, { srv: OTHER }).catch(() => null)])
  const made = (await bench.ports.catalogue.getRelease(web.service, '1'))!
  expect(outcomes.filter((one) => one?.outcome === 'created')).toHaveLength(1)
  expect(judged(bench.ports, web, made).fault).toBeNull()
})

describe('a service that names keys', () => {
  const pin = pinOfKey(owner.publicKey)

  test('has its releases signed by an owner, and then by the coordinator', async () => {
    const envelope = signedWith(owner.privateKey, stated(owned))
    const { outcome, release } = await create(owned, { envelope })
    expect(outcome).toBe('created')
    const [coordinator] = [...bench.ports.signer.releaseKeys().keys()]
    expect(judged(bench.ports, owned, release)).toMatchObject({
      fault: null, provenance: { by: 'olga', commit: 'beef', atMs: 7 }, signers: [{ key: coordinator, of: 'coordinator' }, { key: pin, of: 'owner' }],
    })
    expect(release.envelope!.payload).toBe(envelope.payload)
    expect((await planned(owned)).release).toEqual(release)
    expect((await create(owned, { envelope })).outcome).toBe('unchanged')
  })

  test('takes another owner\'s signature for the same packages', async () => {
    await create(owned, { envelope: signedWith(owner.privateKey, stated(owned)) })
    const both = signedWith(second.privateKey, signedWith(owner.privateKey, stated(owned)))
    const { outcome, release } = await create(owned, { envelope: both })
    expect([outcome, judged(bench.ports, owned, release).signers.map(({ of }) => of)]).toEqual(['signed', ['coordinator', 'owner', 'owner']])
  })

  test('keeps no signature that does not verify', async () => {
    const { keyring } = await makeKeys()
    const envelope = signedWith(keyring.releases.key, signedWith(owner.privateKey, stated(owned)))
    const { release } = await create(owned, { envelope: { ...envelope, signatures: [{ keyid: pin, sig: 'AAAA' }, ...envelope.signatures] } })
    expect(release.envelope!.signatures).toHaveLength(2)
  })

  test.each<[string, (spec: ServiceSpec) => Envelope | null, string]>([
    ['none', () => null, 'takes only releases that one of its releaseKeys has signed'],
    ['of another version', (spec) => signedWith(owner.privateKey, stated(spec, { version: '2' })), 'the statement is for'],
    ['of another service', (spec) => signedWith(owner.privateKey, stated(spec, { service: 'shop' })), 'the statement is for shop 1'],
    ['of other packages', (spec) => signedWith(owner.privateKey, stated(spec, { srv: OTHER })), 'the statement names another srv package'],
    ['of a stranger', (spec) => signedWith(generateKeyPairSync('ed25519').privateKey, stated(spec)), 'none of'],
    ['that does not verify', (spec) => ({ ...signedWith(owner.privateKey, stated(spec)), payload: stated(spec, { provenance: { by: 'x', commit: null, build: null, atMs: 1 } }).payload }), 'none of'],
  ])('refuses a signature: %s', async (_what, envelope, message) => {
    const refusal = { code: 'signature_invalid', field: 'envelope', message: expect.stringContaining(message) as string }
    await expect(create(owned, { envelope: envelope(owned) })).rejects.toMatchObject({ problem: refusal })
    expect(await bench.ports.catalogue.getRelease(owned.service, '1')).toBeNull()
  })

  test('restarts nothing by naming them, and keeps the releases that it had', async () => {
    const { release } = await create(web)
    const keyed = await applied(web.service, [publicKeyLine(owner.publicKey)])
    expect(new Revisions(keyed, release).base.goal.revision).toBe(new Revisions(web, release).base.goal.revision)
    expect((await planned(keyed)).release).toEqual(release)
  })
})

test('an owner\'s signature for a service that names no keys is refused', async () => {
  const problem = { code: 'signature_invalid', field: 'envelope', message: `${web.service} names no releaseKeys, so only the coordinator signs for it` }
  await expect(create(web, { envelope: signedWith(owner.privateKey, stated(web)) })).rejects.toMatchObject({ problem })
})

test('a key is written as PEM or on one line, and is an Ed25519 public key', () => {
  const parse = (key: string) => serviceSchema.safeParse({ service: 'web', path: '/srv/web', releaseKeys: [key] })
  const line = publicKeyLine(owner.publicKey)
  expect(parse(owner.publicKey.export({ type: 'spki', format: 'pem' }) as string).data?.releaseKeys).toEqual([line])
  expect(parse(line).data?.releaseKeys).toEqual([line])
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  for (const bad of ['x', publicKeyLine(p256), owner.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string]) {
    expect(parse(bad).error?.issues[0]?.message).toBe('expected an Ed25519 public key, as muster key create prints it')
  }
})
