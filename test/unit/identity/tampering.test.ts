/** What somebody who writes into Redis can make of tokens and identities: nothing that a coordinator acts on. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../shared/digest.ts'
import { enrolling, HOUR_MS, refusal } from './enrolling.ts'
import type { Enrolment, Given } from './enrolling.ts'
import { machineKey } from './requests.ts'
import type { MachineKey } from './requests.ts'

const TOKENS = '{identity}:tokens'
const MACHINES = '{identity}:machines'

let site: Enrolment
let keys: MachineKey

beforeAll(async () => {
  site = await enrolling()
  keys = await machineKey()
})
afterAll(() => site.stop())

/** The record's text with its seal, after somebody has changed the text in Redis. */
async function change(key: string, field: string, changing: (record: Record<string, unknown>) => object): Promise<void> {
  const text = (await site.redis.hget(key, field))!
  const at = text.lastIndexOf(' ')
  await site.redis.hset(key, field, JSON.stringify(changing(JSON.parse(text.slice(0, at)) as Record<string, unknown>)) + text.slice(at))
}

const tampered = () => site.logged.filter(({ msg }) => String(msg).startsWith('tampered'))

describe('a join token', () => {
  let token: Given

  beforeEach(async () => {
    token = await site.give({ role: 'agent', labels: { env: 'test' }, hosts: 'web-*', ttl: '1h' })
    site.logged.length = 0
  })

  it.each<[what: string, changed: object]>([
    ['more uses', { usesLeft: 100 }], ['another role', { role: 'relay' }], ['a later end', { expiresAtMs: Date.now() + 9000 * HOUR_MS }],
    ['other labels', { labels: { env: 'prod' } }], ['other names', { hosts: '*' }], ['a right to replace', { replace: true }],
    ['another secret', { secretHash: sha256('guessed') }],
  ])('with %s is none, and the log says so once', async (_what, changed) => {
    await change(TOKENS, token.id, (record) => ({ ...record, ...changed }))
    expect(await site.tokens.find(token.id, sha256(token.secret))).toBeNull()
    expect(await site.tokens.find(token.id, sha256('guessed'))).toBeNull()
    expect((await site.tokens.all()).map(({ id }) => id)).not.toContain(token.id)
    expect(await refusal(site.enrol(token, { keys }))).toMatchObject({ code: 'token_invalid' })
    expect(tampered()).toMatchObject([{ level: 50, key: TOKENS, field: token.id }])
    expect(await site.tokens.remove(token.id)).toBe(true)
  })

  it('is not let in by one that was changed between the look at it and the use of it', async () => {
    const { redis } = site.store
    const identity = {
      role: 'agent', host: 'between', keyPin: 'sha256:00', labels: {}, token: token.id, enrolledAtMs: 0, certificate: { serial: '1', issuerPin: '', issuedAtMs: 0, expiresAtMs: 0 },
    } as const
    const good = (await redis.hget(TOKENS, token.id))!
    await change(TOKENS, token.id, (record) => ({ ...record, usesLeft: 5 }))
    expect(await site.identities.admit(identity, false)).toBe('no-use')
    await redis.hset(TOKENS, token.id, good)
    expect(await site.identities.admit(identity, false)).toBe('admitted')
  })

  it('in another one’s place is none', async () => {
    const mighty = await site.give({ role: 'agent', replace: true, uses: 100 })
    await site.redis.hset(TOKENS, token.id, (await site.redis.hget(TOKENS, mighty.id))!)
    expect(await site.tokens.find(token.id, sha256(mighty.secret))).toBeNull()
    expect(tampered()).toHaveLength(1)
  })
})

it('an API token that was made an admin’s is none', async () => {
  const token = await site.give({ role: 'viewer', name: 'vera' })
  expect(await site.tokens.find(token.id, sha256(token.secret))).toMatchObject({ role: 'viewer', name: 'vera' })
  await change(TOKENS, token.id, (record) => ({ ...record, role: 'admin' }))
  expect(await site.tokens.find(token.id, sha256(token.secret))).toBeNull()
})

describe('an identity', () => {
  let certificate: string

  beforeEach(async () => {
    await site.identities.remove('agent', 'web-1')
    certificate = (await site.enrol(await site.give({ role: 'agent', labels: { env: 'test' } }), { keys })).certificate
    site.logged.length = 0
  })

  it.each<[what: string, changed: object]>([
    ['other labels', { labels: { env: 'prod' } }], ['another key', { keyPin: `sha256:${'0'.repeat(64)}` }], ['another name', { host: 'web-2' }],
  ])('with %s is none', async (_what, changed) => {
    await change(MACHINES, 'agent/web-1', (record) => ({ ...record, ...changed }))
    expect(await site.identities.get('agent', 'web-1')).toBeNull()
    expect((await site.identities.all()).map(({ labels }) => labels)).not.toContainEqual({ env: expect.any(String) as string })
    expect(await refusal(site.renew(certificate, keys))).toMatchObject({ code: 'identity_unknown' })
    expect(tampered()).toMatchObject([{ key: MACHINES, field: 'agent/web-1' }])
  })

  it('in another one’s place is none', async () => {
    await site.redis.hset(MACHINES, 'agent/db-1', (await site.redis.hget(MACHINES, 'agent/web-1'))!)
    expect(await site.identities.get('agent', 'db-1')).toBeNull()
    await site.redis.hset(MACHINES, 'relay/web-1', (await site.redis.hget(MACHINES, 'agent/web-1'))!)
    expect(await site.identities.get('relay', 'web-1')).toBeNull()
  })
})
