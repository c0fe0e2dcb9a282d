/** A real scrape, read by a parser. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import parse from 'parse-prometheus-text-format'
import type { Family } from 'parse-prometheus-text-format'
import { relayMetrics } from '../../../relay/metrics.ts'
import { reach } from '../../e2e/fleet/reach.ts'
import { testKeys } from '../../keys.ts'
import { reportOf } from '../relays/reports.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeEach(async () => {
  http = await serve()
})
afterEach(() => http.stop())

async function text(): Promise<string> {
  const response = await reach({ url: await http.listen(), token: null, ca: http.ca }, '/metrics', { headers: http.as('vera') })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return response.text()
}

async function scrape(): Promise<Map<string, Family>> {
  return new Map(parse(await text()).map((family) => [family.name, family]))
}

const valueOf = (family: Family | undefined, labels: Record<string, string> = {}) =>
  Number(family?.metrics.find((metric) => Object.entries(labels).every(([name, value]) => metric.labels?.[name] === value))?.value)

describe('/metrics', () => {
  it('says what Muster has on its hands', async () => {
    await http.bench.connect('h1')
    await http.bench.beat('h1', 1)
    const id = await http.bench.begin({})
    await http.ask('POST', `/v1/rollouts/${id}/pause`, {})
    const metrics = await scrape()
    expect(valueOf(metrics.get('muster_rollouts'), { phase: 'paused' })).toBe(1)
    expect(valueOf(metrics.get('muster_rollouts'), { phase: 'running' })).toBe(0)
    expect(metrics.get('muster_tasks')?.metrics.reduce((sum, { value }) => sum + Number(value), 0)).toBe(1)
    expect(valueOf(metrics.get('muster_hosts'), { status: 'connected' })).toBe(1)
    expect(valueOf(metrics.get('muster_audit_entries'))).toBe(1)
    expect(valueOf(metrics.get('muster_queue_jobs'), { queue: 'rollouts', state: 'waiting' })).toBeGreaterThan(0)
    expect(valueOf(metrics.get('muster_webhook_deliveries'), { state: 'dead' })).toBe(0)
    expect(valueOf(metrics.get('muster_redis_up'))).toBe(1)
    expect(metrics.has('nodejs_eventloop_lag_seconds')).toBe(true)
  })

  it('says how many agents are held back, and for how long', async () => {
    await http.stop()
    http = await serve((deps) => ({ ...deps, throttled: { agents: () => 2, waitedSeconds: () => 7.5 } }))
    const metrics = await scrape()
    expect(valueOf(metrics.get('muster_agents_throttled'))).toBe(2)
    expect(valueOf(metrics.get('muster_agents_throttled_seconds_total'))).toBe(7.5)
  })

  it('says what hosts fetch, and from where', async () => {
    await http.bench.connect('h1')
    await http.bench.beat('h1', 1)
    const id = await http.bench.begin({ prefetch: true })
    const transfer = { fromPeersBytes: 40, fromRelayBytes: 5, fromOriginBytes: 0, reusedBytes: 3, delta: false, bytesPerSecond: 1 }
    for (const again of [1, 2]) {
      http.fetches.report(id, { id: `${id}/h1/p1`, host: 'h1', epoch: again, fetch: { ...transfer, bytesDone: 48, bytesTotal: 100 } })
      await http.fetches.flush()
    }
    const metrics = await scrape()
    const from = (source: string) => valueOf(metrics.get('muster_fetched_bytes_total'), { source })
    expect([from('peers'), from('relay'), from('origin'), from('reused')]).toEqual([40, 5, 0, 3])
    expect(valueOf(metrics.get('muster_hosts_fetching'))).toBe(1)
    expect(valueOf(metrics.get('muster_hosts_warming'))).toBe(1)
    expect(valueOf(metrics.get('muster_commands_open'))).toBe(1)
    expect(await http.ask('GET', `/v1/rollouts/${id}`)).toMatchObject({
      status: 200,
      body: { warming: { state: 'open', cold: 0, warming: 1, warm: 0, missed: 0 }, fetched: { hosts: 1, bytesDone: 48, bytesTotal: 100, fromPeersBytes: 40 } },
    })
    expect(await http.ask('GET', `/v1/rollouts/${id}/tasks`)).toMatchObject({
      body: { tasks: [{ host: 'h1', warm: 'warming', fetch: { ...transfer, bytesDone: 48, bytesTotal: 100, leftMs: 52_000 } }] },
    })
  })

  it('says which relays are heard, and what they do; and what the coordinator’s own does', async () => {
    const { identities, relays } = http.deps
    const { authority: { pin } } = await testKeys()
    const certificate = { serial: '01', issuerPin: pin, issuedAtMs: 0, expiresAtMs: 2 ** 52 }
    await http.stop()
    const joined = ['r1', 'r2'].map((host) => ({ role: 'relay' as const, host, keyPin: pin, labels: {}, token: 't', enrolledAtMs: 1, certificate }))
    http = await serve((deps) => ({ ...deps, identities: { ...identities, all: () => Promise.resolve(joined) }, relays: { ...relays, all: () => Promise.resolve([heard]) } }))
    const heard = { name: 'r1', dc: 'fra', report: reportOf('r1'), seenAtMs: http.bench.ports.clock() }
    relayMetrics([http.deps.relayMetrics], () => ({ sentToHostsBytes: 70, hosts: 3 }))
    const metrics = await scrape()
    expect(['up', 'silent'].map((status) => valueOf(metrics.get('muster_relays'), { status }))).toEqual([1, 1])
    const [cached, sent, fetched] = ['cache', 'sent', 'fetched'].map((what) => valueOf(metrics.get(`muster_relays_${what}_bytes`), { relay: 'r1' }))
    expect([cached, sent, fetched, valueOf(metrics.get('muster_relays_hosts'), { relay: 'r1' })]).toEqual([1000, 300, 100, 2])
    expect([valueOf(metrics.get('muster_relay_sent_to_hosts_bytes_total')), valueOf(metrics.get('muster_relay_hosts'))]).toEqual([70, 3])
    expect(metrics.get('muster_relay_sent_to_hosts_bytes_total')?.type).toBe('COUNTER')
  })

  it('times requests by route, and names nobody', async () => {
    await http.bench.connect('secret-host')
    await http.bench.begin({})
    for (const path of ['/v1/rollouts/web-1', '/v1/rollouts/web-2', '/v1/hosts/secret-host', '/nowhere/secret-path']) await http.ask('GET', path)
    const scraped = await text()
    const counted = (route: string, status: number) => `muster_http_request_duration_seconds_count{method="GET",route="${route}",status="${status}"} 1\n`
    for (const one of [counted('/v1/rollouts/:id', 200), counted('/v1/rollouts/:id', 404), counted('unknown', 404)]) expect(scraped).toContain(one)
    expect(scraped).not.toMatch(/secret|web-1/)
  })

  it('keeps to the conventions', async () => {
    const own = [...(await scrape()).values()].filter(({ name }) => name.startsWith('muster_'))
    expect(own.length).toBeGreaterThan(10)
    for (const { name, help, type } of own) {
      expect(help).toMatch(/\.$/)
      expect(name.endsWith('_total')).toBe(type === 'COUNTER')
      expect(name.endsWith('_seconds')).toBe(type === 'HISTOGRAM')
    }
  })

  it('says so when Redis cannot be asked, instead of giving old numbers', async () => {
    await http.stop()
    http = await serve((deps) => ({ ...deps, audit: { ...deps.audit, size: () => Promise.reject(new Error('gone')) } }))
    const metrics = await scrape()
    expect(valueOf(metrics.get('muster_redis_up'))).toBe(0)
    expect(metrics.get('muster_hosts')?.metrics ?? []).toEqual([])
  })
})
