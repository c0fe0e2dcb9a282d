/** Relays on the command line. */
import { expect, test } from 'vitest'
import type { RelayView } from '../../../shared/api/relay.ts'
import { cannedApi } from './canned-api.ts'
import { NOON_MS } from './fixtures.ts'
import { muster } from './muster.ts'

const certificate = { serial: '01', issuerPin: 'sha256:aa', issuedAtMs: NOON_MS, expiresAtMs: NOON_MS + 1, state: 'good' } as const
const identity = { role: 'relay', labels: { dc: 'fra' }, token: 't', enrolledAtMs: NOON_MS, certificate } as const
const up: RelayView = {
  relay: 'fra-1', status: 'up', dc: 'fra', url: 'https://10.0.0.9:4610', version: '1.0.0', upstream: null, seenAtMs: NOON_MS - 3000, identity,
  figures: { cachedBytes: 1024, cacheMaxBytes: 4096, sentBytes: 300 * 1024, fetchedBytes: 2048, swarms: 1, hosts: 40 },
}
const never: RelayView = { ...up, relay: 'sg-1', status: 'silent', dc: '', url: null, version: null, figures: null, seenAtMs: null }

test('relay list says of each whether it is heard, and what it does', async () => {
  await using api = await cannedApi({ 'GET /v1/relays': { relays: [up, never], coordinators: [], next: 'sg-1' } })
  const { stdout } = await muster('relay list --limit 2 --after aa', { url: api.url })
  expect(stdout.split('\n').map((line) => line.trimEnd()).slice(0, 3)).toEqual([
    'RELAY  STATUS  DC   URL                    VERSION  CACHE           SENT     FETCHED  HOSTS  SEEN',
    'fra-1  up      fra  https://10.0.0.9:4610  1.0.0    1 KiB of 4 KiB  300 KiB  2 KiB    40     2m 3s ago',
    'sg-1   silent                                                                                never',
  ])
  expect(api.asked.map(({ query }) => query)).toEqual([{ limit: '2', cursor: 'aa' }])
})

test('relay remove takes one out, with the reason for the record', async () => {
  await using api = await cannedApi({ 'DELETE /v1/relays/fra-1': { relay: 'fra-1', removed: true } })
  const { stdout } = await muster('relay remove fra-1 --reason broken', { url: api.url })
  expect([stdout, api.asked.map(({ query }) => query)]).toEqual(['fra-1 removed\n', [{ reason: 'broken' }]])
})
