/** Who is let in by a join token, and that a use lets in one machine. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisSessions } from '../../../coordinator/adapters/hosts/sessions.ts'
import { pinOfCertificate } from '../../../shared/identity/pin.ts'
import { greeting } from '../hosts/greetings.ts'
import { enrolling, HOUR_MS, refusal } from './enrolling.ts'
import type { Enrolment } from './enrolling.ts'
import { machineKey } from './requests.ts'
import type { MachineKey } from './requests.ts'

const ALL = { actor: null, verb: null, target: null, sinceMs: null, limit: 10, cursor: null }

let site: Enrolment
let keys: MachineKey
let other: MachineKey

beforeAll(async () => {
  site = await enrolling()
  keys = await machineKey()
  other = await machineKey()
})
afterAll(() => site.stop())

const left = async (id: string) => (await site.tokens.all()).flatMap((token) => (token.id === id && token.kind === 'join' ? token.usesLeft : []))[0]

describe('a machine with a good token', () => {
  it('gets a certificate for its own key, the authorities, and an identity with the labels of the token', async () => {
    const token = await site.give({ role: 'agent', labels: { dc: 'fra' } })
    const { certificate, authorities, grpc } = await site.enrol(token, { host: 'first', keys })
    expect(new X509Certificate(certificate).subjectAltName).toBe('URI:muster:agent:first')
    expect(new X509Certificate(certificate).verify(new X509Certificate(authorities).publicKey)).toBe(true)
    expect(grpc).toBe('muster.example:4601')
    const identity = await site.identities.get('agent', 'first')
    expect(identity).toMatchObject({ role: 'agent', host: 'first', labels: { dc: 'fra' }, token: token.id, keyPin: pinOfCertificate(certificate) })
    expect(identity?.certificate.serial).toBe(new X509Certificate(certificate).serialNumber.toLowerCase())
    expect(await left(token.id)).toBe(0)
    expect((await site.audit.page({ ...ALL, target: 'host/first' })).entries).toMatchObject([
      { actor: `token:${token.id}`, verb: 'host.enrol', targets: ['host/first', `token/${token.id}`], outcome: 'done' },
    ])
    expect((await site.history.of('first', { limit: 10, before: null })).entries).toMatchObject([{ kind: 'enrolled', token: token.id, replaced: false }])
  })

  it('gets it again when the answer was lost, without another use, and also once the token has expired', async () => {
    const token = await site.give({ role: 'agent' })
    await site.enrol(token, { host: 'lost', keys })
    const before = await site.identities.get('agent', 'lost')
    site.pass(2 * HOUR_MS)
    const { certificate } = await site.enrol(token, { host: 'lost', keys })
    const serial = new X509Certificate(certificate).serialNumber.toLowerCase()
    expect(await site.identities.get('agent', 'lost')).toMatchObject({ enrolledAtMs: before?.enrolledAtMs, certificate: { serial } })
    expect((await site.history.of('lost', { limit: 10, before: null })).entries).toHaveLength(1)
    expect(await refusal(site.enrol(token, { host: 'lost', keys: other }))).toMatchObject({ code: 'token_invalid' })
  })

  it('that was removed does not come back on the use that it had', async () => {
    const token = await site.give({ role: 'agent' })
    await site.enrol(token, { host: 'gone', keys })
    expect(await site.identities.remove('agent', 'gone')).toBe(true)
    expect(await refusal(site.enrol(token, { host: 'gone', keys }))).toMatchObject({ code: 'token_invalid' })
    expect(await site.identities.get('agent', 'gone')).toBeNull()
  })
})

describe('one use lets in one machine', () => {
  it('of two that race for it, through two coordinators', async () => {
    const another = site.another()
    for (let round = 0; round < 20; round++) {
      const token = await site.give({ role: 'agent' })
      const [a, b] = [`a-${round}`, `b-${round}`]
      const outcomes = await Promise.allSettled([site.enrol(token, { host: a, keys }), site.enrol(token, { host: b, keys: other }, { identities: another })])
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const there = await Promise.all([a, b].map((host) => site.identities.get('agent', host)))
      expect(there.map((one) => one !== null)).toEqual(outcomes.map(({ status }) => status === 'fulfilled'))
      expect(await left(token.id)).toBe(0)
    }
  })

  it('also when the same machine asks twice at once', async () => {
    const token = await site.give({ role: 'agent', uses: 3 })
    const another = site.another()
    const asked = [site.enrol(token, { host: 'twice', keys }), site.enrol(token, { host: 'twice', keys }, { identities: another }), site.enrol(token, { host: 'twice', keys })]
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await left(token.id)).toBe(2)
  })

  it('and many at once all come in on a token for so many', async () => {
    const token = await site.give({ role: 'agent', uses: 30 })
    const another = site.another()
    await Promise.all(Array.from({ length: 30 }, (_, n) => site.enrol(token, { host: `many-${n}`, keys }, n % 2 === 0 ? {} : { identities: another })))
    expect(await left(token.id)).toBe(0)
    expect((await site.identities.all()).filter(({ host }) => host.startsWith('many-'))).toHaveLength(30)
    expect(await refusal(site.enrol(token, { host: 'many-30', keys }))).toMatchObject({ code: 'token_invalid' })
  })
})

describe('a name that another machine has', () => {
  it('is refused and costs no use, whichever token it comes with', async () => {
    await site.enrol(await site.give({ role: 'agent' }), { host: 'taken', keys })
    const token = await site.give({ role: 'agent' })
    expect(await refusal(site.enrol(token, { host: 'taken', keys: other }))).toMatchObject({ code: 'host_enrolled', field: 'host' })
    expect(await left(token.id)).toBe(1)
    expect((await site.identities.get('agent', 'taken'))?.token).not.toBe(token.id)
  })

  it('is taken over with a token that replaces; the old session ends, and the old certificate is good for nothing', async () => {
    await redisSessions(site.redis, 'one').open('old', greeting, site.clock())
    const first = await site.enrol(await site.give({ role: 'agent' }), { host: 'old', keys })
    const token = await site.give({ role: 'agent', replace: true })
    site.pass(1)
    await site.enrol(token, { host: 'old', keys: other })
    expect(await refusal(site.renew(first.certificate, keys))).toMatchObject({ code: 'identity_unknown' })
    expect(await site.hosts.get('old')).toMatchObject({ session: null, revoked: null })
    expect((await site.history.of('old', { limit: 1, before: null })).entries).toMatchObject([{ kind: 'enrolled', token: token.id, replaced: true }])
    await site.enrol(token, { host: 'old', keys: other })
    expect(await left(token.id)).toBe(0)
  })

  it('is another one for a relay', async () => {
    await site.enrol(await site.give({ role: 'agent' }), { host: 'both', keys })
    await site.enrol(await site.give({ role: 'relay' }), { role: 'relay', host: 'both', keys: other })
    expect(await site.identities.get('relay', 'both')).toMatchObject({ role: 'relay' })
  })
})

describe('a token that is not good', () => {
  it.each<[why: string, attempt: () => Promise<unknown>]>([
    ['no such token', () => site.enrol({ id: 'none', secret: 'x' }, { keys })],
    ['another secret', async () => site.enrol({ ...await site.give({ role: 'agent' }), secret: 'x' }, { keys })],
    ['has expired', async () => {
      const token = await site.give({ role: 'agent', ttl: '1h' })
      site.pass(HOUR_MS)
      return site.enrol(token, { keys })
    }],
    ['the token is used up', async () => {
      const token = await site.give({ role: 'agent', uses: 1 })
      await site.enrol(token, { host: 'used-up', keys })
      return site.enrol(token, { keys })
    }],
    ['no such token', async () => {
      const token = await site.give({ role: 'agent' })
      expect(await site.tokens.remove(token.id)).toBe(true)
      return site.enrol(token, { keys })
    }],
    ['for the role relay', async () => site.enrol(await site.give({ role: 'relay' }), { keys })],
    ['hosts named db-*', async () => site.enrol(await site.give({ role: 'agent', hosts: 'db-*' }), { keys })],
    ['one for the API', async () => site.enrol(await site.give({ role: 'admin', name: 'ann' }), { keys })],
  ])('%s: the log says so, and the answer only that it is not good', async (why, attempt) => {
    expect(await refusal(attempt())).toEqual({
      code: 'token_invalid', message: 'this join token is not good', expected: 'one that an administrator has just made: `muster token create`',
    })
    expect(site.logged.at(-1)).toMatchObject({ msg: 'an enrolment is refused', why: expect.stringContaining(why) as string })
    expect(await site.identities.get('agent', 'web-1')).toBeNull()
  })
})
