/** Relays over HTTP: which there are, and that one which is removed is nobody to the coordinators. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SOURCE_SILENT_AFTER_MS } from '../../../coordinator/engine/ports/relays.ts'
import type { RelaysView } from '../../../shared/api/relay.ts'
import { testKeys } from '../../keys.ts'
import { reportOf } from '../relays/reports.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served
beforeAll(async () => {
  http = await serve()
})
afterAll(() => http.stop())

const now = () => http.bench.ports.clock()
const list = async (query = '') => (await http.ask('GET', `/v1/relays${query}`)).body as RelaysView
const heard = (name: string, dc = 'fra', seenAtMs = now()) => http.deps.relays.hear({ name, dc, report: reportOf(name), seenAtMs })

async function join(name: string, role: 'agent' | 'relay' = 'relay'): Promise<void> {
  const id = `for-${role}-${name}`
  const { authority: { pin } } = await testKeys()
  const token = { id, kind: 'join', role, labels: { dc: 'bound' }, hosts: '*', usesLeft: 1, replace: true } as const
  await http.tokens.add({ ...token, createdAtMs: 1, createdBy: 'ann', expiresAtMs: 2 ** 52, lastUsedAtMs: null }, 'hash')
  const certificate = { serial: '01', issuerPin: pin, issuedAtMs: 0, expiresAtMs: 2 ** 52 }
  await http.deps.identities.admit({ role, host: name, keyPin: pin, labels: { dc: 'bound' }, token: id, enrolledAtMs: 1, certificate }, true)
}

it('lists every relay that has joined, by name, page by page; what they have said while they say it', async () => {
  for (const name of ['r10', 'r2', 'r1']) await join(name)
  await join('h1', 'agent')
  await heard('r1')
  await heard('r10', 'sg', now() - SOURCE_SILENT_AFTER_MS)
  await heard('stranger')
  await http.deps.relays.announce({ name: 'c1', url: 'https://c1.example:4602', seenAtMs: now() })
  const { relays, coordinators, next } = await list()
  expect(relays).toMatchObject([
    { relay: 'r1', status: 'up', dc: 'fra', url: 'https://r1.example:4610', figures: { hosts: 2, cacheMaxBytes: 4000 }, identity: { role: 'relay', labels: { dc: 'bound' } } },
    { relay: 'r2', status: 'silent', dc: 'bound', url: null, version: null, figures: null, seenAtMs: null },
    { relay: 'r10', status: 'silent', dc: 'sg', version: '1.0.0' },
  ])
  expect([relays.length, coordinators, next]).toEqual([3, [{ name: 'c1', url: 'https://c1.example:4602', seenAtMs: now() }], null])
  const first = await list('?limit=2')
  expect([first.next, (await list(`?limit=2&cursor=${first.next}`)).relays.map(({ relay }) => relay)]).toEqual(['r2', ['r10']])
})

it('a relay that is removed has no identity, is told of to nobody, and is in the record; the host of its name stays', async () => {
  await join('fra-1')
  await join('fra-1', 'agent')
  await heard('fra-1')
  expect(await http.ask('DELETE', '/v1/relays/fra-1?reason=broken')).toMatchObject({ status: 200, body: { relay: 'fra-1', removed: true } })
  expect((await list()).relays.map(({ relay }) => relay)).not.toContain('fra-1')
  expect((await http.deps.relays.all()).map(({ name }) => name)).not.toContain('fra-1')
  expect([await http.deps.identities.get('relay', 'fra-1'), await http.deps.identities.get('agent', 'fra-1')]).toMatchObject([null, { host: 'fra-1' }])
  expect((await http.ask('GET', '/v1/audit')).body).toMatchObject({ entries: [{ verb: 'relay.remove', targets: ['relay/fra-1'], actor: 'ann', reason: 'broken' }] })
  expect(await http.ask('DELETE', '/v1/relays/fra-1')).toMatchObject({ status: 404, body: { error: { code: 'relay_unknown', field: 'relay' } } })
})

it('a viewer may look, and remove none', async () => {
  expect((await http.ask('GET', '/v1/relays', undefined, http.as('vera'))).status).toBe(200)
  expect((await http.ask('DELETE', '/v1/relays/r1', undefined, http.as('vera'))).status).toBe(403)
})
