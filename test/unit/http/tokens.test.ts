/** Tokens over HTTP, and machines that enrol and renew there without one of the API's. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { EnrolledView } from '../../../shared/api/identity.ts'
import type { TokenCreatedView, TokenRequest } from '../../../shared/api/token.ts'
import { parseJoinToken } from '../../../shared/identity/join-token.ts'
import { machineKey, requestFor } from '../identity/requests.ts'
import { NOBODY, serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeEach(async () => {
  http = await serve()
})
afterEach(() => http.stop())

async function make(wanted: TokenRequest, headers: Record<string, string> = {}): Promise<TokenCreatedView> {
  const { status, body } = await http.ask('POST', '/v1/tokens', wanted, headers)
  expect(status).toBe(201)
  return body as TokenCreatedView
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

it('an API token lets its holder in, by its name and role, until it is revoked', async () => {
  const { id, text, token } = await make({ role: 'viewer', name: 'gitlab', ttl: '30m' })
  expect(token).toMatchObject({ kind: 'api', role: 'viewer', name: 'gitlab', createdBy: 'ann', expiresAtMs: http.bench.ports.clock() + 30 * 60_000 })
  expect(text).toMatch(new RegExp(`^mst_${id}_[\\w-]{43}$`))
  expect((await http.ask('GET', '/v1/hosts', undefined, bearer(text))).status).toBe(200)
  expect((await http.ask('POST', '/v1/tokens', { role: 'admin', name: 'me' }, bearer(text))).status).toBe(403)
  expect(await http.ask('DELETE', `/v1/tokens/${id}?reason=lost`)).toMatchObject({ status: 200, body: { id, revoked: true } })
  expect(await http.ask('DELETE', `/v1/tokens/${id}`)).toMatchObject({ status: 404, body: { error: { code: 'token_unknown', field: 'id' } } })
  expect((await http.ask('GET', `/v1/audit?target=token/${id}`)).body).toMatchObject({
    entries: [{ verb: 'token.revoke', outcome: 'refused' }, { verb: 'token.revoke', reason: 'lost', outcome: 'done' }, { verb: 'token.create', actor: 'ann' }],
  })
})

it('the secret is in the answer alone: not in lists, not in the record, not in Redis, not under an idempotency key', async () => {
  const { text } = await make({ role: 'admin', name: 'gitlab' }, { 'idempotency-key': 'once' })
  const secret = text.split('_').slice(2).join('_')
  expect(JSON.stringify([(await http.ask('GET', '/v1/tokens')).body, (await http.ask('GET', '/v1/audit')).body])).not.toContain(secret)
  expect((await http.ask('GET', '/v1/audit?verb=token.create')).body).toMatchObject({
    entries: [{ changes: [{ field: 'role', after: 'admin' }, { field: 'name', after: 'gitlab' }] }],
  })
  const redis = http.redis.connections.commands
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    const text = type === 'hash' ? Object.values(await redis.hgetall(key)) : type === 'stream' ? await redis.xrange(key, '-', '+') : type === 'string' ? [await redis.get(key)] : []
    expect(JSON.stringify(text)).not.toContain(secret)
  }
  expect((await make({ role: 'admin', name: 'gitlab' }, { 'idempotency-key': 'once' })).text).not.toBe(text)
})

it('a machine joins with what the token says, and renews; neither takes a token of the API, nor is anything recorded of one that is refused', async () => {
  const { text, token } = await make({ role: 'agent', labels: { dc: 'fra' }, hosts: 'web-*' })
  const join = parseJoinToken(text)!
  expect(join).toMatchObject({ url: 'https://muster.example:4600', pin: http.deps.authority.pin, id: token.id })
  const keys = await machineKey()
  const asked = { id: join.id, secret: join.secret, role: 'agent', host: 'web-1' }
  const refused = await http.ask('POST', '/v1/identity/enrol', { ...asked, secret: 'x', request: await requestFor(keys) }, NOBODY)
  expect(refused).toMatchObject({ status: 401, body: { error: { code: 'token_invalid' } } })
  const first = await http.ask('POST', '/v1/identity/enrol', { ...asked, request: await requestFor(keys) }, { ...NOBODY, 'idempotency-key': 'no' })
  expect(first).toMatchObject({ status: 200, body: { grpc: 'muster.example:4601' } })
  const { certificate } = first.body as EnrolledView
  const again = await http.ask('POST', '/v1/identity/enrol', { ...asked, request: await requestFor(keys) }, { ...NOBODY, 'idempotency-key': 'no' })
  expect(again).toMatchObject({ status: 200, headers: expect.not.objectContaining({ 'idempotency-replayed': 'true' }) as object })
  expect((await http.ask('POST', '/v1/identity/renew', { certificate, request: await requestFor(keys) }, NOBODY)).status).toBe(200)
  expect((await http.ask('GET', '/v1/audit')).body).toMatchObject({ entries: [{ verb: 'host.enrol', actor: `token:${token.id}`, from: { address: '127.0.0.1' } }, { verb: 'token.create' }] })
  expect((await http.ask('GET', '/v1/tokens')).body).toMatchObject({ tokens: expect.arrayContaining([expect.objectContaining({ id: token.id, usesLeft: 0 })]) as unknown })
})
