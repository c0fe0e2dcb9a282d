/** What the verbs of a service's entry ask, and what they print. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appliedSchema, entriesSchema, entryDiffSchema, variablesViewSchema } from '../../../shared/api/catalogue.ts'
import { cannedApi, refuse } from './canned-api.ts'
import type { Routes } from './canned-api.ts'
import { NOON_MS, service } from './fixtures.ts'
import { muster } from './muster.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  await writeFile(join(dir, 'web.yaml'), 'service: web\npath: /srv/web\n')
})

afterAll(() => rm(dir, { recursive: true, force: true }))

async function ask(argv: readonly string[], routes: Routes) {
  await using api = await cannedApi(routes)
  const ran = await muster(argv.map((word) => word.replace('DIR', dir)), { url: api.url })
  return { ...ran, asked: api.asked.map(({ method, path, query }) => [method, path, query]), bodies: api.asked.map(({ body }) => body.toString()) }
}

const CHANGES = [
  { kind: 'changed', field: 'keepReleases', before: 3, after: 5 }, { kind: 'added', field: 'variables.DEBUG', after: 'true' },
  { kind: 'removed', field: 'check', before: { probe: { kind: 'tcp', address: 'a:1' }, withinMs: 1 } },
]
const LINES = '  ~ keepReleases: 3 → 5\n  + variables.DEBUG: "true"\n  - check: { probe: { kind: tcp, address: a:1 }, withinMs: 1 }\n'
const applied = (given: object = {}) => appliedSchema.parse({ outcome: 'updated', service, changes: CHANGES, ...given })

describe('service apply', () => {
  test('says what it changed, and takes the reason along', async () => {
    const { stdout, asked } = await ask(['service', 'apply', '-f', 'DIR/web.yaml', '--reason', 'more room'], { 'PUT /v1/services/web': applied() })
    expect(stdout).toBe(`web updated, entry 3\n${LINES}`)
    expect(asked).toEqual([['PUT', '/v1/services/web', { reason: 'more room' }]])
  })

  test('--dry-run says what it would change', async () => {
    const { stdout, asked } = await ask(['service', 'apply', '-f', 'DIR/web.yaml', '--dry-run'], { 'POST /v1/services/web/preview': applied() })
    expect(stdout).toBe(`web would be updated, as entry 3; nothing has been changed\n${LINES}`)
    expect(asked).toEqual([['POST', '/v1/services/web/preview', {}]])
  })

  test('--dry-run of what is there already changes nothing anyway', async () => {
    const routes = { 'POST /v1/services/web/preview': applied({ outcome: 'unchanged', changes: [] }) }
    expect((await ask(['service', 'apply', '-f', 'DIR/web.yaml', '--dry-run'], routes)).stdout).toBe('web unchanged, entry 3\n')
  })
})

describe('service restore', () => {
  const path = '/v1/services/web/entries/1/restore'

  test('says what it put back', async () => {
    const { stdout, bodies } = await ask(['service', 'restore', 'web', '1', '--reason', 'too tight'], { [`POST ${path}`]: applied() })
    expect(stdout).toBe(`web restored, entry 3 says what entry 1 said\n${LINES}`)
    expect(bodies).toEqual(['{"reason":"too tight"}'])
  })

  test('of what is there already', async () => {
    const { stdout } = await ask(['service', 'restore', 'web', '1'], { [`POST ${path}`]: applied({ outcome: 'unchanged', changes: [] }) })
    expect(stdout).toBe('web unchanged: entry 3 says what entry 1 said\n')
  })

  test('of no number', async () => {
    expect(await ask(['service', 'restore', 'web', 'first'], {})).toMatchObject({ code: 2, asked: [] })
  })
})

const ENTRIES = entriesSchema.parse({
  entries: [
    { entry: 3, updatedAtMs: NOON_MS, updatedBy: 'alice', reason: 'too tight', restored: 1, fields: ['limits'] },
    { entry: 2, updatedAtMs: NOON_MS, updatedBy: 'bob', reason: null, restored: null, fields: ['limits', 'variables'] },
  ],
  next: '2',
})

test('service history, and that there is more of it', async () => {
  const { stdout, stderr, asked } = await ask(['service', 'history', 'web', '--limit', '2'], { 'GET /v1/services/web/entries': ENTRIES })
  expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
    'ENTRY  WHEN                CHANGED                 REASON',
    '    3  2m 0s ago by alice  limits (as in entry 1)  too tight',
    '    2  2m 0s ago by bob    limits, variables',
    '',
  ])
  expect(stderr).toBe('there are more; --limit shows them\n')
  expect(asked).toEqual([['GET', '/v1/services/web/entries', { limit: '2' }]])
})

describe('service diff', () => {
  const answer = (changes: object[]) => ({ 'GET /v1/services/web/diff': entryDiffSchema.parse({ service: 'web', from: 2, to: 3, changes }) })

  test.each<[string[], Record<string, string>]>([[[], {}], [['2'], { from: '2' }], [['2', '3'], { from: '2', to: '3' }]])('%j', async (numbers, query) => {
    const { stdout, asked } = await ask(['service', 'diff', 'web', ...numbers], answer(CHANGES))
    expect(stdout).toBe(`web, entry 2 → 3\n${LINES}`)
    expect(asked).toEqual([['GET', '/v1/services/web/diff', query]])
  })

  test('of equal entries', async () => expect((await ask(['service', 'diff', 'web'], answer([]))).stdout).toBe('web, entry 2 → 3: no difference\n'))
})

describe('service vars', () => {
  const from = (layer: string, of: string | null = null) => ({ layer, of })
  const view = variablesViewSchema.parse({
    service: 'web', entry: 3, host: 'web-17',
    variables: [
      { name: 'LEVEL', value: 'debug', from: from('host', 'web-17'), overrides: [{ value: 'warn', from: from('label', 'dc=sg') }, { value: 'info', from: from('service') }] },
      { name: 'PORT', value: '80', from: from('service'), overrides: [] },
    ],
    instances: { a: [{ name: 'PORT', value: '81', from: from('instance', 'a'), overrides: [{ value: '80', from: from('service') }] }] },
  })

  test('explains where each comes from', async () => {
    const { stdout, asked } = await ask(['service', 'vars', 'web', '--host', 'web-17'], { 'GET /v1/services/web/variables': view })
    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'NAME     VALUE  FROM         OVERRIDES',
      'LEVEL    debug  host web-17  warn (label dc=sg), info (service)',
      'PORT     80     service',
      'a: PORT  81     instance a   80 (service)',
      '',
    ])
    expect(asked).toEqual([['GET', '/v1/services/web/variables', { host: 'web-17' }]])
  })

  test('of a host that is not there names the flag', async () => {
    const routes: Routes = { 'GET /v1/services/web/variables': (_asked, response) => refuse(response, 404, { code: 'host_unknown', message: 'there is no host x', field: 'host' }) }
    expect(await ask(['service', 'vars', 'web', '--host', 'x'], routes)).toMatchObject({ code: 3, stderr: 'error: there is no host x\n  field:    --host\n' })
  })
})

test.each<[string[], string, object]>([
  [['service', 'history', 'web'], 'GET /v1/services/web/entries', ENTRIES],
  [['service', 'restore', 'web', '1'], 'POST /v1/services/web/entries/1/restore', applied()],
  [['service', 'show', 'web', '--entry', '3'], 'GET /v1/services/web/entries/3', service],
])('%j --json is the answer as it came', async (argv, route, answer) => {
  const { stdout, stderr } = await ask([...argv, '--json'], { [route]: answer })
  expect([JSON.parse(stdout), stderr]).toEqual([answer, ''])
})
