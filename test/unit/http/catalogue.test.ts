/** Services, their entries, variables and releases over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppliedView, EntriesView, EntryDiffView, ReleasesView, ServicesView, ServiceView, VariablesView } from '../../../shared/api/catalogue.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeAll(async () => {
  http = await serve()
  await http.bench.connect('h1')
})

afterAll(() => http.stop())

const document = (service: string, more: object = {}) => ({ service, path: `/srv/${service}`, ...more })

/** What it answers with 200. */
async function told<T>(method: 'GET' | 'POST' | 'PUT', url: string, body?: object): Promise<T> {
  const answer = await http.ask(method, url, body)
  if (answer.status !== 200) throw new Error(`${method} ${url} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body as T
}

async function refused(method: 'GET' | 'POST' | 'PUT', url: string, body?: object): Promise<unknown> {
  const { status, body: answer } = await http.ask(method, url, body)
  const { code, field } = (answer as { error: { code: string; field?: string } }).error
  return [status, code, field]
}

describe('a service that is changed twice', () => {
  beforeAll(async () => {
    await told('PUT', '/v1/services/web', document('web', { variables: { LEVEL: 'info' } }))
    await told('PUT', '/v1/services/web?reason=see%20more', document('web', { variables: { LEVEL: 'debug' }, owners: ['ann'] }))
  })

  test('has a history', async () => {
    const { entries, next } = await told<EntriesView>('GET', '/v1/services/web/entries')
    expect(entries).toEqual([
      { entry: 2, updatedAtMs: expect.any(Number) as number, updatedBy: 'ann', reason: 'see more', restored: null, fields: ['variables', 'owners'] },
      { entry: 1, updatedAtMs: expect.any(Number) as number, updatedBy: 'ann', reason: null, restored: null, fields: [] },
    ])
    expect(next).toBeNull()
    const first = await told<EntriesView>('GET', '/v1/services/web/entries?limit=1')
    expect([first.entries.map(({ entry }) => entry), first.next]).toEqual([[2], '2'])
    expect((await told<EntriesView>('GET', '/v1/services/web/entries?limit=1&cursor=2')).entries.map(({ entry }) => entry)).toEqual([1])
  })

  test('is what it was in each of its entries', async () => {
    expect((await told<ServiceView>('GET', '/v1/services/web/entries/1')).spec['variables']).toEqual({ LEVEL: 'info' })
    expect(await refused('GET', '/v1/services/web/entries/9')).toEqual([404, 'entry_unknown', 'entry'])
  })

  test('says what is different, in either direction', async () => {
    const changes = [
      { kind: 'changed', field: 'variables.LEVEL', before: 'info', after: 'debug' }, { kind: 'added', field: 'owners[0]', after: 'ann' },
    ]
    expect(await told<EntryDiffView>('GET', '/v1/services/web/diff')).toEqual({ service: 'web', from: 1, to: 2, changes })
    expect((await told<EntryDiffView>('GET', '/v1/services/web/diff?from=2&to=1')).changes).toHaveLength(2)
    expect(await refused('GET', '/v1/services/web/diff?from=7')).toEqual([404, 'entry_unknown', 'entry'])
  })

  test('is previewed without being changed', async () => {
    const preview = await told<AppliedView>('POST', '/v1/services/web/preview', document('web', { variables: { LEVEL: 'info' } }))
    expect([preview.outcome, preview.service.entry, preview.changes.map(({ kind, field }) => `${kind} ${field}`)]).toEqual(
      ['updated', 3, ['changed variables.LEVEL', 'removed owners[0]']])
    expect((await told<ServiceView>('GET', '/v1/services/web')).entry).toBe(2)
    expect(await refused('POST', '/v1/services/web/preview', document('web', { limits: [{ down: 'x' }] }))).toEqual([400, 'service_invalid', 'limits[0].down'])
  })

  test('is restored by a new entry, and then is as it was', async () => {
    const restored = await told<AppliedView>('POST', '/v1/services/web/entries/1/restore', { reason: 'too much' })
    expect(restored).toMatchObject({ outcome: 'updated', service: { entry: 3, restored: 1, reason: 'too much', spec: { variables: { LEVEL: 'info' }, owners: [] } } })
    expect(await told<AppliedView>('POST', '/v1/services/web/entries/1/restore', {})).toMatchObject({ outcome: 'unchanged', service: { entry: 3 }, changes: [] })
    expect(await refused('POST', '/v1/services/web/entries/9/restore', {})).toEqual([404, 'entry_unknown', 'entry'])
  })
})

test('the variables of a host, explained', async () => {
  await told('PUT', '/v1/services/vars', document('vars', { variables: { LEVEL: 'info' }, overrides: [{ host: 'h1', variables: { LEVEL: 'debug' } }] }))
  const view = await told<VariablesView>('GET', '/v1/services/vars/variables?host=h1')
  expect(view).toEqual({
    service: 'vars', entry: 1, host: 'h1', instances: {},
    variables: [{ name: 'LEVEL', value: 'debug', from: { layer: 'host', of: 'h1' }, overrides: [{ value: 'info', from: { layer: 'service', of: null } }] }],
  })
  expect(await refused('GET', '/v1/services/vars/variables?host=h9')).toEqual([404, 'host_unknown', 'host'])
  expect(await refused('GET', '/v1/services/none/variables?host=h1')).toEqual([404, 'service_unknown', 'service'])
})

describe('lists come in pages', () => {
  const digest = 'd'.repeat(64)

  beforeAll(async () => {
    for (const name of ['page-1', 'page-10', 'page-2']) await told('PUT', `/v1/services/${name}`, document(name))
    for (const version of ['1', '2', '3']) {
      await http.bench.ports.catalogue.release({
        service: 'page-1', version, srv: { digest, sizeBytes: 1, entries: 1 }, cmd: null, envelope: null, createdAtMs: Number(version), createdBy: 'ann',
      })
    }
  })

  async function pages<T extends { next: string | null }>(url: string, keysOf: (page: T) => string[]): Promise<string[][]> {
    const found: string[][] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: T = await told<T>('GET', `${url}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      found.push(keysOf(page))
      cursor = page.next
    }
    return found
  }

  test('services', async () => {
    const found = await pages<ServicesView>('/v1/services', ({ services }) => services.map(({ spec }) => spec.service))
    expect(found.flat().filter((name) => name.startsWith('page-'))).toEqual(['page-1', 'page-2', 'page-10'])
    expect(Math.max(...found.map(({ length }) => length))).toBe(2)
  })

  test('releases, and one alone', async () => {
    const found = await pages<ReleasesView>('/v1/services/page-1/releases', ({ releases }) => releases.map(({ version }) => version))
    expect(found).toEqual([['3', '2'], ['1']])
    expect(await told('GET', '/v1/services/page-1/releases/2')).toMatchObject({ version: '2', createdAtMs: 2 })
    expect(await refused('GET', '/v1/services/page-1/releases/9')).toEqual([404, 'release_unknown', 'version'])
  })

  test.each(['/v1/services?cursor=nobody', '/v1/services/page-1/releases?cursor=9', '/v1/services/page-1/entries?cursor=x'])('%s is refused', async (url) => {
    expect(await refused('GET', url)).toEqual([400, 'body_invalid', 'cursor'])
  })
})

test('a bad version has a code of its own, as on the command line; another bad field has not', async () => {
  await told('PUT', '/v1/services/named', document('named'))
  const url = '/v1/services/named/releases'
  expect(await refused('POST', url, { version: 'a b', srv: 'd'.repeat(64) })).toEqual([400, 'version_invalid', 'version'])
  expect(await refused('POST', url, { version: '1', srv: 'x' })).toEqual([400, 'body_invalid', 'srv'])
})
