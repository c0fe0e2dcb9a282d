/** A host on the command line: what is under way, what was found, what happened to it. */
import { expect, test } from 'vitest'
import type { HistoryEntryView } from '../../../shared/api/host.ts'
import { cannedApi } from './canned-api.ts'
import { host, hostDetail, hostService, NOON_MS } from './fixtures.ts'
import { muster } from './muster.ts'

const task = {
  atMs: NOON_MS, kind: 'task', rollout: 'web-7', service: 'web', release: '1.4.2', from: '1.4.1', direction: 'forward', attempt: 2, state: 'failed',
  message: 'check: exit 1', by: 'ann', reason: 'urgent',
} as const

const entries: HistoryEntryView[] = [
  { id: '6', atMs: NOON_MS, kind: 'removed', by: 'ann', reason: null },
  { id: '5', ...task, state: 'succeeded', direction: 'back', attempt: 1, from: null, message: null, reason: null },
  { id: '4', ...task },
  { id: '3a', ...task, rollout: 'run-1', service: 'run', release: 'uptime', from: null, attempt: 1, state: 'succeeded', message: null, reason: null },
  { id: '3b', atMs: NOON_MS, kind: 'throttled', sinceMs: NOON_MS - 3000, frames: 2001, sizeBytes: 240_000 },
  { id: '3', atMs: NOON_MS, kind: 'found', service: 'web', findings: [] },
  { id: '2', atMs: NOON_MS, kind: 'found', service: 'web', findings: ['srv: gone: main.js', 'process 7 runs from /tmp'] },
  { id: '1', atMs: NOON_MS, kind: 'labels', changes: [{ label: 'rack', before: 'a1', after: null }, { label: 'role', before: null, after: 'db' }] },
  { id: '0', atMs: NOON_MS, kind: 'connected', awayMs: 3_600_000 },
  { id: '-', atMs: NOON_MS, kind: 'connected', awayMs: null },
]

test('host show tells what is found, what is under way, and what happened, the latest first', async () => {
  const services = [hostService({ standing: 'drifted', findings: [{ kind: 'files', message: 'srv: gone: main.js' }] })]
  const commands = [
    { id: 'web-7/web-01/2', rollout: 'web-7', action: 'deploy', granted: true, killed: 'it hangs' } as const,
    { id: 'run-1/web-01/1', rollout: 'run-1', action: 'exec', granted: false, killed: null } as const,
  ]
  await using api = await cannedApi({
    'GET /v1/hosts/web-01': hostDetail('web-01', { services, commands }), 'GET /v1/hosts/web-01/history': { entries, next: 'more' },
  })
  const { stdout } = await muster('host show web-01', { url: api.url })
  expect(api.asked.find(({ path }) => path.endsWith('history'))?.query).toEqual({ limit: '20' })
  expect(stdout.split('\n').slice(6).map((line) => line.trimEnd())).toEqual([
    'runs     web 1.4.1, by web-6',
    '         srv: gone: main.js, since 2026-03-01 12:00:00',
    'open     web-7/web-01/2: deploy, may touch what runs, to be ended: it hangs',
    'open     run-1/web-01/1: exec',
    '',
    '2026-03-01 12:00:00  host    removed          by ann',
    '2026-03-01 12:00:00  web-7   succeeded        web 1.4.2 → nothing, back, by ann',
    '2026-03-01 12:00:00  web-7   failed           web 1.4.1 → 1.4.2, attempt 2: check: exit 1, by ann (urgent)',
    '2026-03-01 12:00:00  run-1   succeeded        ran: uptime, by ann',
    '2026-03-01 12:00:00  agent   held back        said more than it may: 2,001 messages, 234.4 KiB, within 3s',
    '2026-03-01 12:00:00  web     as it should be  what was found is gone',
    '2026-03-01 12:00:00  web     found            srv: gone: main.js; process 7 runs from /tmp',
    '2026-03-01 12:00:00  labels  changed          rack: a1 → none, role: none → db',
    '2026-03-01 12:00:00  agent   connected        after 1h 0m',
    '2026-03-01 12:00:00  agent   connected        for the first time',
    'there is more; --history shows it',
    '',
  ])
})

test('host show --json has the history too', async () => {
  const detail = hostDetail('web-01')
  await using api = await cannedApi({ 'GET /v1/hosts/web-01': detail, 'GET /v1/hosts/web-01/history': { entries, next: null } })
  const { stdout } = await muster('host show web-01 --history 3 --json', { url: api.url })
  expect(JSON.parse(stdout)).toEqual({ ...detail, history: entries })
  expect(api.asked.find(({ path }) => path.endsWith('history'))?.query).toEqual({ limit: '3' })
})

test('host list asks for a status and the next page, and says that there are more', async () => {
  await using api = await cannedApi({ 'GET /v1/hosts': { hosts: [host('web-02')], next: 'web-02' } })
  const { code, stderr } = await muster('host list --status away --limit 1 --after web-01', { url: api.url })
  expect(api.asked[0]?.query).toEqual({ status: 'away', limit: '1', cursor: 'web-01' })
  expect(stderr).toContain('--limit shows them')
  expect(code).toBe(0)
  expect(await muster('host list --status asleep', { url: api.url })).toMatchObject({ code: 2, stderr: expect.stringContaining('--status') })
})

test('host remove says why to the record', async () => {
  await using api = await cannedApi({ 'DELETE /v1/hosts/web-17': { host: 'web-17', outcome: 'removed' } })
  const { code, stdout } = await muster(['host', 'remove', 'web-17', '--reason', 'scrapped'], { url: api.url })
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'web-17 removed\n' })
  expect(api.asked[0]?.query).toEqual({ reason: 'scrapped' })
})

test('host remove says of a host in a rollout what is done, and what comes next', async () => {
  await using api = await cannedApi({ 'DELETE /v1/hosts/web-17': { host: 'web-17', outcome: 'revoked', rollouts: ['web-7', 'db-2'] } })
  const { code, stdout } = await muster('host remove web-17', { url: api.url })
  expect({ code, lines: stdout.split('\n') }).toEqual({
    code: 0,
    lines: [
      'web-17 revoked: its agent cannot connect any more',
      'It is part of web-7, db-2, which have not ended; remove it again then, and it is forgotten.',
      'muster rollout skip web-7 web-17 keeps the rollout from waiting for it.',
      '',
    ],
  })
})

test('host show says who the host is, and what it claims in vain', async () => {
  const certificate = { serial: '0123456789abcdef0123', issuerPin: `sha256:${'ab'.repeat(32)}`, issuedAtMs: 0, expiresAtMs: Date.now() - 60_000, state: 'expired' as const }
  const identity = { role: 'agent' as const, labels: { dc: 'fra' }, token: 't-7', enrolledAtMs: NOON_MS, certificate }
  const detail = hostDetail('web-01', { identity, ignoredLabels: { dc: 'sg', env: 'prod' }, labels: { dc: 'fra', rack: 'b2' } })
  await using api = await cannedApi({ 'GET /v1/hosts/web-01': detail, 'GET /v1/hosts/web-01/history': { entries: [], next: null } })
  const { stdout } = await muster('host show web-01', { url: api.url })
  expect(stdout).toContain('dc=fra (bound), rack=b2\n')
  expect(stdout).toContain('claims dc=sg; bound: dc=fra\n')
  expect(stdout).toContain('claims env=prod; bound: none came with its token\n')
  expect(stdout).toContain('2026-03-01 12:00:00 as agent, with token t-7\n')
  expect(stdout).toMatch(/expired .* ago, serial 0123456789abcdef, issued by sha256:abababababababab; it should have been renewed\n/)
})

test('host show says who removed it', async () => {
  const detail = hostDetail('web-01', { status: 'revoked', revoked: { atMs: NOON_MS, by: 'ann', reason: 'stolen' } })
  await using api = await cannedApi({ 'GET /v1/hosts/web-01': detail, 'GET /v1/hosts/web-01/history': { entries: [], next: null } })
  const { stdout } = await muster('host show web-01', { url: api.url })
  expect(stdout).toContain('2026-03-01 12:00:00, by ann (stolen): its agent cannot connect\n')
})
