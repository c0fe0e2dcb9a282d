/** Requests for tokens, and for joining with one, that say what cannot be: the field is named, and nothing is looked up. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOBODY, serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeAll(async () => {
  http = await serve()
})
afterAll(() => http.stop())

it.each<[wanted: object, field: string]>([
  [{ role: 'king' }, 'role'], [{ role: 'admin' }, 'name'], [{ role: 'viewer', name: 'muster' }, 'name'], [{ role: 'viewer', name: 'admin' }, 'name'],
  [{ role: 'viewer', name: 'a b' }, 'name'], [{ role: 'agent', name: 'web-1' }, 'name'], [{ role: 'viewer', name: 'v', ttl: '366d' }, 'ttl'],
  [{ role: 'viewer', name: 'v', ttl: 'soon' }, 'ttl'], [{ role: 'agent', ttl: '31d' }, 'ttl'], [{ role: 'agent', ttl: '1s' }, 'ttl'],
  [{ role: 'viewer', name: 'v', labels: { dc: 'fra' } }, 'labels'], [{ role: 'viewer', name: 'v', uses: 2 }, 'uses'], [{ role: 'agent', uses: 0 }, 'uses'],
  [{ role: 'agent', uses: 10_001 }, 'uses'], [{ role: 'agent', labels: { DC: 'fra' } }, 'labels.DC'], [{ role: 'agent', hosts: 'web 1' }, 'hosts'],
  [{ role: 'admin', name: 'v', replace: true }, 'replace'], [{ role: 'agent', host: 'x' }, 'host'],
])('%j is refused, and %s is named', async (wanted, field) => {
  expect(await http.ask('POST', '/v1/tokens', wanted)).toMatchObject({ status: 400, body: { error: { code: 'body_invalid', field } } })
})

it.each<[what: string, body: object, status: number, field?: string]>([
  ['a name that is none', { host: 'Web 1' }, 400, 'host'], ['a role that is none', { role: 'king' }, 400, 'role'],
  ['the name that coordinators have', { host: 'coordinator.muster.internal' }, 400, 'host'],
  ['more than a request has', { request: 'x'.repeat(9000) }, 400, 'request'], ['a body beyond all measure', { request: 'x'.repeat(30_000) }, 413],
])('%s is refused before anything is looked up', async (_what, body, status, field) => {
  const answer = await http.ask('POST', '/v1/identity/enrol', { id: 'a', secret: 'b', role: 'agent', host: 'web-1', request: 'c', ...body }, NOBODY)
  expect(answer).toMatchObject({ status, body: { error: field === undefined ? { code: 'body_too_large' } : { field } } })
})
