/** Drift, failures and full outputs over HTTP, on the real adapters. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { control } from '../../../coordinator/engine/control.ts'
import { converge, lookSoon } from '../../../coordinator/engine/convergence/converge.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import { SILENT_AFTER_MS } from '../../../coordinator/engine/ports/hosts.ts'
import type { DriftView, InspectedView } from '../../../shared/api/drift.ts'
import type { FailuresView } from '../../../shared/api/failures.ts'
import { runsOn } from '../engine/bench.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let served: Served

beforeAll(async () => {
  served = await serve()
})
beforeEach(() => served.forget())
afterAll(() => served.stop())

async function drift(query = ''): Promise<DriftView['services']> {
  return ((await served.ask('GET', `/v1/drift${query}`)).body as DriftView).services
}

describe('drift', () => {
  test('what hosts run is held against what they are assigned', async () => {
    const { bench } = served
    const epochs = { h1: await bench.connect('h1'), h2: await bench.connect('h2') }
    const id = await bench.begin({ order: 'as-listed' })
    expect(await drift('?service=web')).toMatchObject([{ service: 'web', policy: 'report', drifted: 2, groups: [{ kind: 'surplus', count: 2 }] }])
    await bench.ports.rollouts.post(id, { type: 'ClaimRequested', host: 'h1', attempt: 1, epoch: epochs.h1, installed: { revision: 'r1', version: '1.0.0' } })
    await drive(bench.ports, id)
    expect(await drift()).toMatchObject([{ drifted: 1, groups: [{ kind: 'surplus', hosts: ['h2'] }], deploying: [{ rollout: id, hosts: ['h1'] }] }])
    bench.pass(SILENT_AFTER_MS + 1)
    await bench.beat('h2', epochs.h2)
    expect(await drift()).toMatchObject([{ drifted: 1, deploying: [], away: { hosts: ['h1'] } }])
    expect((await served.ask('GET', '/v1/drift?service=none')).body).toMatchObject({ error: { code: 'service_unknown' } })
  })

  test('a host on which the last deployment failed is behind its service, until it is there', async () => {
    const { bench } = served
    for (const host of ['h1', 'h2']) await bench.connect(host)
    await bench.prepare({}, ['1', '2'])
    const strategy = { order: 'as-listed', attempts: 1, tolerance: { failed: 1 } }
    const first = await bench.start('1', strategy)
    for (const host of ['h1', 'h2']) await bench.deploy(first, host)
    expect(await drift()).toMatchObject([{ well: 2, drifted: 0 }])
    const second = await bench.start('2', strategy)
    await bench.deploy(second, 'h1')
    await bench.deploy(second, 'h2', 'wrong', await runsOn(bench, 'h2'))
    expect((await bench.rollout(second)).phase).toBe('succeeded')
    const message = `runs 1, the service is on 2 (failed in ${second})`
    expect(await drift()).toMatchObject([{ well: 1, drifted: 1, groups: [{ kind: 'behind', message, count: 1, hosts: ['h2'], sinceMs: null }] }])
    await bench.deploy(await bench.start('2', {}, 'h2'), 'h2')
    expect(await drift()).toMatchObject([{ well: 2, drifted: 0 }])
  })

  test('a host that joined on a release that was rolled back, with none before it, is shown', async () => {
    const { bench } = served
    await bench.connect('h1')
    const id = await bench.begin({})
    await bench.deploy(id, 'h1')
    const joins = await bench.connect('n1')
    await bench.beat('n1', joins)
    lookSoon(bench.ports)
    await converge(bench.ports)
    const [catchUp] = await bench.ports.rollouts.active()
    await drive(bench.ports, catchUp!)
    await bench.deploy(catchUp!, 'n1')
    await control(bench.ports, id, [{ type: 'RollbackRequested', wave: null, by: 'ann', reason: null }])
    await drive(bench.ports, id)
    await bench.deploy(id, 'h1')
    expect((await drift())[0]?.groups).toContainEqual(expect.objectContaining({ kind: 'behind', message: expect.stringMatching(/^runs 1, and no/), hosts: ['n1'] }))
  })

  test('hosts are asked to look, and those that do not answer are named', async () => {
    const { bench, asks } = served
    for (const host of ['h1', 'h2']) await bench.connect(host)
    await bench.begin({})
    const asked: string[] = []
    const stop = await asks.listen(async (host, question) => {
      asked.push(`${host} ${question.kind}`)
      return host === 'h1' ? { kind: 'inspect', findings: [] } : null
    })
    const answer = (await served.ask('POST', '/v1/services/web/inspect')).body as InspectedView
    stop()
    expect(answer).toEqual({ inspected: 1, silent: ['h2'], next: null })
    expect(asked.sort()).toEqual(['h1 inspect', 'h2 inspect'])
    expect(((await served.ask('GET', '/v1/audit')).body as { entries: { verb: string }[] }).entries.map(({ verb }) => verb)).not.toContain('service.inspect')
  })
})

test('failures are grouped over all rows, with the last words of one, and who is back', async () => {
  const { bench } = served
  const epochs = new Map<string, number>()
  for (const host of ['h1', 'h2', 'h3']) epochs.set(host, await bench.connect(host))
  const id = await bench.begin({ order: 'as-listed', attempts: 1, tolerance: { failed: 3, unreachable: 3 } })
  for (const host of ['h1', 'h2']) {
    await bench.ports.rollouts.post(id, { type: 'ClaimRequested', host, attempt: 1, epoch: epochs.get(host)!, installed: { revision: null, version: null } })
    await drive(bench.ports, id)
    const failure = { verdict: 'failed' as const, step: 'start' as const, exitCode: 1, message: 'start: port 8080 already in use', revert: 'not-needed' as const }
    await bench.ports.rollouts.post(id, { type: 'TaskFailed', host, attempt: 1, ...failure })
  }
  await served.deps.outputs.put(id, 'h2', { attempt: 1, step: 'start', tail: 'bind: EADDRINUSE\n', totalBytes: 17, atMs: 1 })
  bench.pass(SILENT_AFTER_MS + 1)
  await bench.ports.rollouts.post(id, { type: 'HostLost', host: 'h3' })
  await drive(bench.ports, id)
  const failures = async () => (await served.ask('GET', `/v1/rollouts/${id}/failures`)).body as FailuresView
  expect(await failures()).toMatchObject({
    hosts: 3, others: 0,
    groups: [
      { kind: 'failed', reason: 'failed: start: port 8080 already in use', count: 2, hosts: ['h1', 'h2'], example: { host: 'h2', lastLine: 'bind: EADDRINUSE' } },
      { kind: 'unreachable', count: 1, hosts: ['h3'], back: 0 },
    ],
  })
  await bench.connect('h3')
  expect((await failures()).groups[1]).toMatchObject({ back: 1 })
  expect((await served.ask('GET', '/v1/rollouts/web-99/failures')).body).toMatchObject({ error: { code: 'rollout_unknown' } })
})

test('a full output comes as it is read, and is refused in words while nothing has been sent', async () => {
  const { bench, asks, app } = served
  await bench.connect('h1')
  const id = await bench.begin({})
  const text = 'first line\nsecond line\n'
  const stop = await asks.listen(async (_host, question) => {
    if (question.kind !== 'read-output') return null
    const bytes = Buffer.from(text).subarray(question.offset, question.offset + 5)
    return { kind: 'read-output', bytes, totalBytes: text.length, found: question.step === 'check' }
  })
  const read = await app.inject({ method: 'GET', url: `/v1/rollouts/${id}/outputs/h1/1/check`, headers: served.as('vera') })
  expect(read.headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(read.body).toBe(text)
  expect(await served.ask('GET', `/v1/rollouts/${id}/outputs/h1/1/start`)).toMatchObject({ status: 404, body: { error: { code: 'output_unknown' } } })
  stop()
  expect(await served.ask('GET', `/v1/rollouts/${id}/outputs/h1/1/check`)).toMatchObject({ status: 422, body: { error: { code: 'host_away' } } })
  await served.deps.outputs.keep(id, 'h1', { attempt: 1, step: 'check' }, Buffer.from('kept'))
  expect((await app.inject({ method: 'GET', url: `/v1/rollouts/${id}/outputs/h1/1/check`, headers: served.as('vera') })).body).toBe('kept')
})

test('outputs after a mark are those that came since', async () => {
  await served.bench.connect('h1')
  const id = await served.bench.begin({})
  const page = async (after: number) => (await served.ask('GET', `/v1/rollouts/${id}/outputs?after=${after}`)).body as { hosts: { host: string }[]; mark: number }
  expect(await page(0)).toMatchObject({ hosts: [], mark: 0 })
  await served.deps.outputs.put(id, 'h1', { attempt: 1, step: 'start', tail: 'x\n', totalBytes: 2, atMs: 1 })
  const first = await page(0)
  expect(first.hosts).toMatchObject([{ host: 'h1', outputs: [{ tail: 'x\n' }] }])
  expect(await page(first.mark)).toEqual({ hosts: [], next: null, mark: first.mark })
})
