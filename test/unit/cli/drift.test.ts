import { expect, test } from 'vitest'
import type { ServiceDriftView } from '../../../shared/api/drift.ts'
import { cannedApi } from './canned-api.ts'
import { NOON_MS } from './fixtures.ts'
import { muster } from './muster.ts'

const well: ServiceDriftView = { service: 'mail', policy: 'report', well: 3, drifted: 0, groups: [], deploying: [], leftAlone: [], away: null }
const web: ServiceDriftView = {
  service: 'web', policy: 'converge', well: 1200, drifted: 3,
  groups: [
    { kind: 'other', message: 'runs 1.4.1, should run 1.4.2 (web-7)', count: 2, hosts: ['web-01', 'web-02'], sinceMs: NOON_MS },
    { kind: 'missing', message: 'not installed, should run 1.4.2 (web-7)', count: 1, hosts: ['web-09'], sinceMs: null },
  ],
  deploying: [{ rollout: 'web-8', hosts: ['web-05'] }],
  leftAlone: [{ host: 'web-09', why: '5 tries have failed, the last one in web-12' }],
  away: { hosts: ['web-06', 'web-07'], sinceMs: NOON_MS },
}

test('drift is shown by service and kind; its exit code says whether there is any', async () => {
  await using api = await cannedApi({ 'GET /v1/drift': { services: [well, web] } })
  const { code, stdout } = await muster('drift', { url: api.url })
  expect(code).toBe(1)
  expect(stdout.split('\n')).toEqual([
    'mail  3 hosts well, 0 drifted',
    '',
    'web  1,200 hosts well, 3 drifted; they are taken back by themselves',
    '  revision: runs 1.4.1, should run 1.4.2 (web-7)',
    '    2 hosts: web-01, web-02, since 2026-03-01 12:00:00',
    '  missing: not installed, should run 1.4.2 (web-7)',
    '    1 host: web-09',
    '  left to you (5 tries have failed, the last one in web-12): 1 host: web-09',
    '  being deployed by web-8: 1 host: web-05',
    '  away: 2 hosts: web-06, web-07, the longest since 2026-03-01 12:00:00',
    '',
  ])
})

test('nothing is said to be taken back where hosts are behind alone', async () => {
  const groups = [{ kind: 'behind' as const, message: 'runs 1.4.4, the service is on 1.4.5 (failed in web-9)', count: 1, hosts: ['web-03'], sinceMs: null }]
  await using api = await cannedApi({ 'GET /v1/drift': { services: [{ ...web, drifted: 1, groups, deploying: [], leftAlone: [], away: null }] } })
  const { code, stdout } = await muster('drift', { url: api.url })
  expect(code).toBe(1)
  expect(stdout).toBe('web  1,200 hosts well, 1 drifted\n  behind: runs 1.4.4, the service is on 1.4.5 (failed in web-9)\n    1 host: web-03\n')
})

test('no drift is exit code 0, also where hosts are away', async () => {
  await using api = await cannedApi({ 'GET /v1/drift': { services: [{ ...well, away: web.away }] } })
  expect(await muster('drift mail --json', { url: api.url })).toMatchObject({ code: 0, stderr: '' })
  expect(api.asked[0]?.query).toEqual({ service: 'mail' })
})

test('--inspect goes through all hosts of the service before it shows anything, and names those that did not answer', async () => {
  await using api = await cannedApi({
    'GET /v1/drift': { services: [well] },
    'POST /v1/services/mail/inspect': ({ query }) => (query['cursor'] === undefined
      ? { inspected: 100, silent: ['mail-1'], next: 'mail-100' } : { inspected: 1, silent: ['mail-2'], next: null }),
  })
  const { code, stderr } = await muster('drift mail --inspect', { url: api.url })
  expect(code).toBe(0)
  expect(stderr).toBe('2 hosts did not answer, and may not be as shown: mail-1, mail-2\n')
  expect(api.asked.map(({ method, query }) => [method, query])).toEqual([['POST', {}], ['POST', { cursor: 'mail-100' }], ['GET', { service: 'mail' }]])
})
