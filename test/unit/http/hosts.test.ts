/** Hosts over HTTP: in pages, by status, with their history; and removed. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { drive } from '../../../coordinator/engine/drive.ts'
import { SILENT_AFTER_MS } from '../../../coordinator/engine/ports/hosts.ts'
import type { HistoryView, HostDetailView, HostsView } from '../../../shared/api/host.ts'
import { commandOf, signed } from '../hosts/commands.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let served: Served

beforeAll(async () => {
  served = await serve()
})
beforeEach(() => served.forget())
afterAll(() => served.stop())

async function names(query: string): Promise<{ names: string[]; next: string | null }> {
  const { hosts, next } = (await served.ask('GET', `/v1/hosts?${query}`)).body as HostsView
  return { names: hosts.map(({ host }) => host), next }
}

test('hosts come by name, page by page, also when one of them goes in between', async () => {
  for (const host of ['h10', 'h2', 'h1', 'h3']) await served.bench.connect(host)
  expect(await names('limit=2')).toEqual({ names: ['h1', 'h2'], next: 'h2' })
  served.bench.pass(SILENT_AFTER_MS + 1)
  expect((await served.ask('DELETE', '/v1/hosts/h2')).status).toBe(200)
  expect(await names('limit=2&cursor=h2')).toEqual({ names: ['h3', 'h10'], next: null })
})

test('hosts by status and by selector', async () => {
  const { bench } = served
  const epochs = { h1: await bench.connect('h1'), h2: await bench.connect('h2') }
  bench.pass(SILENT_AFTER_MS + 1)
  await bench.beat('h1', epochs.h1)
  expect((await names('status=connected')).names).toEqual(['h1'])
  expect((await names('status=silent')).names).toEqual(['h2'])
  expect((await names('status=away')).names).toEqual([])
  expect((await names('selector=h2,dc=fra')).names).toEqual(['h2'])
  expect((await served.ask('GET', '/v1/hosts?status=asleep')).status).toBe(400)
})

test('a host is shown with what lies in its mailbox', async () => {
  await served.bench.connect('h1')
  const { id } = commandOf('h1')
  await served.bench.mailbox.put('h1', ...signed(commandOf('h1')))
  await served.bench.mailbox.kill('h1', id, 'it hangs')
  const { commands } = (await served.ask('GET', '/v1/hosts/h1')).body as HostDetailView
  expect(commands).toEqual([{ id, rollout: 'web-1', action: 'deploy', granted: false, killed: 'it hangs' }])
})

test('a host that is removed is forgotten at once, connected or not; while a rollout counts on it, it is shown as revoked', async () => {
  const { bench } = served
  await bench.connect('h1')
  await bench.connect('h2')
  expect((await served.ask('DELETE', '/v1/hosts/h2')).body).toEqual({ host: 'h2', outcome: 'removed' })
  expect((await names('')).names).toEqual(['h1'])
  const id = await bench.begin({})
  for (const _again of [1, 2]) {
    expect((await served.ask('DELETE', '/v1/hosts/h1?reason=scrapped')).body).toEqual({ host: 'h1', outcome: 'revoked', rollouts: [id] })
    const revoked = { atMs: bench.ports.clock(), by: 'ann', reason: 'scrapped' }
    expect((await served.ask('GET', '/v1/hosts/h1')).body).toMatchObject({ status: 'revoked', revoked })
  }
  expect((await names('status=revoked')).names).toEqual(['h1'])
  await served.ask('POST', `/v1/rollouts/${id}/abort`, {})
  await drive(bench.ports, id)
  await bench.ports.assignments.assign({ service: 'web', host: 'h1', revision: 'r', rollout: id, generation: [1, 1] })
  bench.pass(1)
  expect((await served.ask('DELETE', '/v1/hosts/h1?reason=scrapped')).status).toBe(200)
  expect((await served.ask('GET', '/v1/hosts/h1')).body).toMatchObject({ error: { code: 'host_unknown' } })
  expect((await served.ask('DELETE', '/v1/hosts/h1')).body).toMatchObject({ error: { code: 'host_unknown' } })
  expect(await bench.ports.assignments.of('web', ['h1'])).toEqual(new Map())
  const { entries } = (await served.ask('GET', '/v1/hosts/h1/history')).body as HistoryView
  expect(entries[0]).toMatchObject({ kind: 'removed', by: 'ann', reason: 'scrapped' })
  expect(await bench.connect('h1')).toBeGreaterThan(2)
})

test('the history of a host comes in pages; one that never was has none', async () => {
  await served.bench.connect('h1')
  for (let atMs = 1; atMs <= 3; atMs++) await served.bench.ports.history.add('h1', { id: `c/${atMs}`, atMs, kind: 'connected', awayMs: null })
  const first = (await served.ask('GET', '/v1/hosts/h1/history?limit=2')).body as HistoryView
  expect(first.entries.map(({ atMs }) => atMs)).toEqual([3, 2])
  const second = (await served.ask('GET', `/v1/hosts/h1/history?limit=2&cursor=${encodeURIComponent(first.next!)}`)).body as HistoryView
  expect(second).toMatchObject({ entries: [{ atMs: 1 }], next: null })
  expect((await served.ask('GET', '/v1/hosts/h9/history')).body).toMatchObject({ error: { code: 'host_unknown' } })
})
