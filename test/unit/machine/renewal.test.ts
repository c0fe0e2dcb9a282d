/** Renewal, with certificates of some seconds from the real authority. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { renewAtMs } from '../../../shared/machine/due.ts'
import { Identity } from '../../../shared/machine/identity.ts'
import { join } from '../../../shared/machine/joining.ts'
import { certificateOf } from '../../../shared/machine/kept.ts'
import { Renewal } from '../../../shared/machine/renewal.ts'
import type { Pace } from '../../../shared/machine/renewal.ts'
import { BACKDATED_MS } from '../../../coordinator/adapters/keys/certificates.ts'
import { makeKeys, testKeys } from '../../keys.ts'
import type { Keys } from '../../keys.ts'
import { Doorkeeper } from './doorkeeper.ts'

const PACE: Pace = { backoff: { baseMs: 10, capMs: 50 }, rotationSpreadMs: 50, unknownPauseMs: 20, lookEveryMs: 20 }

let keys: Keys
let dir: string
let door: Doorkeeper
let identity: Identity
let ending: AbortController
let said: string[]
let saying: (() => void)[]
const log = pino({ level: 'info' }, { write: (line: string) => {
  said.push(line)
  for (const wake of saying.splice(0)) wake()
} })

beforeEach(async () => {
  ;[said, saying, ending] = [[], [], new AbortController()]
  keys = await testKeys()
  dir = await mkdtemp(pathOf(tmpdir(), 'muster-renewal-'))
  door = await Doorkeeper.open(keys)
  identity = await Identity.open(pathOf(dir, 'identity'), { role: 'agent', host: 'h1' })
})
afterEach(async () => {
  ending.abort()
  door.close()
  await rm(dir, { recursive: true, force: true })
})

async function hears(what: RegExp): Promise<string> {
  for (;;) {
    const line = said.find((one) => what.test(one))
    if (line !== undefined) return line
    await new Promise<void>((resolve) => saying.push(resolve))
  }
}

const joined = async (validMs: number): Promise<void> => {
  door.validMs = validMs
  await join(identity, door.token(), ending.signal)
}

it.each([[0, 56.7], [0.5, 66.7], [1, 76.7]])('is due about two thirds into the time that is left (%d)', (random, percent) => {
  expect(renewAtMs({ obtainedAtMs: 1000, expiresAtMs: 2000 }, random)).toBeCloseTo(1000 + percent * 10, -1)
})

it('comes by itself, before the certificate has expired, with the same key', async () => {
  await joined(3000)
  const before = identity.kept!
  door.validMs = 3_600_000
  void new Renewal(identity, null, log, PACE).keep(ending.signal)
  await hears(/the certificate is renewed/)
  expect(identity.kept).toMatchObject({ key: before.key, token: 'one' })
  expect(identity.kept!.certificate).not.toBe(before.certificate)
  expect(identity.kept!.obtainedAtMs).toBeLessThan(certificateOf(before).validToDate.getTime())
  expect((await Identity.open(identity.dir, { role: 'agent', host: 'h1' })).kept).toEqual(identity.kept)
  expect(door.asked).toHaveLength(2)
})

it('comes when the certificate has expired meanwhile, before it is used', async () => {
  // good for less than it is backdated: over when it comes
  await joined(-BACKDATED_MS / 2)
  door.validMs = 3_600_000
  await new Renewal(identity, null, log, PACE).begin(ending.signal)
  expect(certificateOf(identity.kept!).validToDate.getTime()).toBeGreaterThan(Date.now())
})

it('is tried again while no coordinator answers, and what is kept stays whole', async () => {
  await joined(-BACKDATED_MS / 2)
  const before = identity.kept
  const { port } = door
  door.close()
  void new Renewal(identity, null, log, PACE).keep(ending.signal)
  await hears(/cannot be renewed yet.*/)
  expect((await Identity.open(identity.dir, { role: 'agent', host: 'h1' })).kept).toEqual(before)
  door = await Doorkeeper.open(keys, port)
  await hears(/the certificate is renewed/)
})

it('follows an authority that begins to issue, and keeps the former one as long as it is told of', async () => {
  await joined(3_600_000)
  const next = await makeKeys()
  void new Renewal(identity, null, log, PACE).keep(ending.signal)
  await door.issueBy(next)
  await identity.believe({ authorities: [...next.authority.trust().authorities, ...keys.authority.trust().authorities], signers: [] })
  await hears(/the certificate is renewed/)
  expect(await next.authority.holderOf(identity.kept!.certificate)).toMatchObject({ host: 'h1' })
  expect(identity.isOfFormerAuthority()).toBe(false)
  expect(identity.authorities()).toHaveLength(2)
})

it('a host that is not known any more says what would help, and goes on asking now and then', async () => {
  await joined(-BACKDATED_MS / 2)
  door.refusing = 'identity_unknown'
  void new Renewal(identity, door.token(), log, PACE).keep(ending.signal)
  expect(await hears(/muster agent --join/)).toContain('goes on running')
  await door.heard('renew', 3)
  expect(door.asked.filter(({ path }) => path.endsWith('enrol'))).toHaveLength(1)
})

it('a host that is not known any more joins anew with a token that it has not used, with another key', async () => {
  await joined(3_600_000)
  const before = identity.kept!
  const renewing = new Renewal(identity, door.token({ id: 'two' }), log, PACE)
  door.refusing = 'identity_unknown'
  const begun = renewing.begin(ending.signal)
  await door.heard('renew', 1)
  await begun
  expect(identity.kept).toEqual(before)
  door.close()
  // who answers now is of an authority that this host has not heard of, and the token has its pin
  door = await Doorkeeper.open(await makeKeys(), Number(new URL(before.url).port))
  await new Renewal(identity, door.token({ id: 'two' }), log, PACE).begin(ending.signal)
  expect(identity.kept).toMatchObject({ token: 'two' })
  expect(identity.kept!.key).not.toBe(before.key)
})

it('the token of an identity that works is not used, whichever it is', async () => {
  await joined(3_600_000)
  await new Renewal(identity, door.token({ id: 'two' }), log, PACE).begin(ending.signal)
  expect(door.asked.map(({ path }) => path)).toEqual(['/v1/identity/enrol', '/v1/identity/renew'])
  expect(identity.kept).toMatchObject({ token: 'one' })
})

it('a certificate for another key is not kept', async () => {
  await joined(3_600_000)
  const before = identity.kept!
  const other = await Identity.open(pathOf(dir, 'other'), { role: 'agent', host: 'h1' })
  await join(other, door.token(), ending.signal)
  await expect(identity.renewed({ ...other.kept!, grpc: 'x:1' })).rejects.toThrow('a certificate for another machine or key')
  expect(identity.kept).toEqual(before)
})

it('a relay that is not known any more is told how a relay comes back', async () => {
  identity = await Identity.open(pathOf(dir, 'relay'), { role: 'relay', host: 'r1' })
  await joined(50)
  door.refusing = 'identity_unknown'
  void new Renewal(identity, null, log, PACE).keep(ending.signal)
  expect(await hears(/no coordinator renews/)).toContain('muster relay --join')
})
