/** Who gets a new certificate for an old one. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MACHINE_VALID_MS } from '../../../coordinator/adapters/keys/authority.ts'
import { renew, RENEWAL_GRACE_MS } from '../../../coordinator/engine/renew.ts'
import { machine, makeKeys } from '../../keys.ts'
import { enrolling, HOUR_MS, refusal } from './enrolling.ts'
import type { Enrolment } from './enrolling.ts'
import { machineKey, requestFor } from './requests.ts'
import type { MachineKey } from './requests.ts'

let site: Enrolment
let keys: MachineKey

beforeAll(async () => {
  site = await enrolling()
  keys = await machineKey()
})
afterAll(() => site.stop())

async function joined(host: string): Promise<string> {
  return (await site.enrol(await site.give({ role: 'agent' }), { host, keys })).certificate
}

const serialOf = (certificate: string) => new X509Certificate(certificate).serialNumber.toLowerCase()

it.each([
  ['while it is good', HOUR_MS], ['once it has expired', MACHINE_VALID_MS + HOUR_MS], ['at the end of the grace', MACHINE_VALID_MS + RENEWAL_GRACE_MS - HOUR_MS],
])('a certificate is renewed %s', async (_when, afterMs) => {
  const certificate = await joined(`after-${afterMs}`)
  site.pass(afterMs)
  const renewed = await site.renew(certificate, keys)
  expect(new X509Certificate(renewed.certificate).validToDate.getTime()).toBeGreaterThan(site.clock())
  expect(await site.identities.get('agent', `after-${afterMs}`)).toMatchObject({ certificate: { serial: serialOf(renewed.certificate) } })
  await site.renew(renewed.certificate, keys)
})

it('beyond the grace a machine has to join anew', async () => {
  const certificate = await joined('late')
  site.pass(MACHINE_VALID_MS + RENEWAL_GRACE_MS + HOUR_MS)
  expect(await refusal(site.renew(certificate, keys))).toMatchObject({
    code: 'identity_unknown', message: expect.stringContaining('too long ago') as string, expected: expect.stringContaining('--join') as string,
  })
})

it('a machine that was removed gets none', async () => {
  const certificate = await joined('removed')
  await site.identities.remove('agent', 'removed')
  expect(await refusal(site.renew(certificate, keys))).toMatchObject({ code: 'identity_unknown', message: expect.stringContaining('removed') as string })
  expect(await site.identities.get('agent', 'removed')).toBeNull()
})

it('a stolen certificate without its key gets none, and changes nothing', async () => {
  const certificate = await joined('stolen')
  expect(await refusal(site.renew(certificate, await machineKey()))).toMatchObject({ code: 'identity_unknown', message: expect.stringContaining('another key') as string })
  expect(await site.identities.get('agent', 'stolen')).toMatchObject({ certificate: { serial: serialOf(certificate) } })
})

it('a machine whose authority was retired before it had renewed gets one by its key', async () => {
  await joined('in-rotation')
  const { certificate } = await (await makeKeys()).authority.issue(await requestFor(keys), { role: 'agent', host: 'in-rotation' }, site.clock())
  expect(await site.authority.holderOf(certificate)).toBeNull()
  expect(await site.authority.holderOf((await site.renew(certificate, keys)).certificate)).toMatchObject({ host: 'in-rotation' })
})

it('a certificate of another authority, or none at all, gets none', async () => {
  await joined('elsewhere')
  const foreign = await machine(await makeKeys(), 'elsewhere')
  expect(await refusal(site.renew(foreign.certificate, keys))).toMatchObject({ code: 'identity_unknown' })
  expect(await refusal(site.renew('nonsense', keys))).toMatchObject({ code: 'identity_unknown' })
})

it('a request that its key has not signed gets none', async () => {
  const certificate = await joined('unsigned')
  expect(await refusal(renew(site, { certificate, request: 'nonsense' }))).toMatchObject({ code: 'csr_invalid', field: 'request' })
})
