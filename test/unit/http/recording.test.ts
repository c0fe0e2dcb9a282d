/** Everything that changes something over HTTP is in the record. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { drive } from '../../../coordinator/engine/drive.ts'
import type { AuditEntryView, AuditPageView } from '../../../shared/api/audit.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeEach(async () => {
  http = await serve()
  await http.bench.connect('h1')
})
afterEach(() => http.stop())

async function record(query = ''): Promise<AuditEntryView[]> {
  const { body } = await http.ask('GET', `/v1/audit${query}`)
  return (body as AuditPageView).entries
}

const ENTRY = { service: 'web', path: '/srv/web' }

describe('the record of changes', () => {
  it('says who changed what, when, from where and why, before and after', async () => {
    const id = await http.bench.begin({})
    const headers = { ...http.as('bob'), 'user-agent': 'curl/8' }
    expect((await http.ask('POST', `/v1/rollouts/${id}/pause`, { reason: 'errors in the shop' }, headers)).status).toBe(200)
    const [entry] = await record()
    expect(entry).toMatchObject({
      actor: 'bob', verb: 'rollout.pause', targets: [`rollout/${id}`, 'service/web'], reason: 'errors in the shop', outcome: 'done', code: null,
      from: { address: '127.0.0.1', userAgent: 'curl/8', token: 'token-of-bob' }, atMs: http.bench.ports.clock(),
    })
    expect(entry?.changes).toEqual([{ field: 'phase', before: 'running', after: 'paused' }, { field: 'hold', before: null, after: 'person' }])
  })

  it('has what was created, and what a changed entry was before', async () => {
    await http.ask('PUT', '/v1/services/web', ENTRY)
    await http.ask('PUT', '/v1/services/web', { ...ENTRY, variables: { LEVEL: 'debug' } })
    const [changed, created] = await record('?target=service/web')
    expect(created?.changes).toContainEqual({ field: 'path', before: null, after: '/srv/web' })
    expect(changed?.changes).toEqual([{ field: 'entry', before: 1, after: 2 }, { field: 'variables.LEVEL', before: null, after: 'debug' }])
    expect(changed?.verb).toBe('service.apply')
  })

  it('has what was refused, and why; not what was only asked, and not what made no sense', async () => {
    const id = await http.bench.begin({})
    await http.ask('POST', `/v1/rollouts/${id}/resume`, {})
    await http.ask('POST', '/v1/rollouts/plan', { service: 'web', release: '1' })
    await http.ask('POST', `/v1/rollouts/${id}/pause`, { raeson: 'typo' })
    await http.ask('GET', '/v1/rollouts')
    expect(await record()).toMatchObject([{ verb: 'rollout.resume', outcome: 'refused', code: 'control_refused', changes: [] }])
  })

  it('names a rollout that had no name before it was started', async () => {
    const first = await http.bench.begin({})
    await http.ask('POST', `/v1/rollouts/${first}/abort`, {})
    await drive(http.bench.ports, first)
    const { status, body } = await http.ask('POST', '/v1/rollouts', { service: 'web', release: '1', reason: 'again' })
    expect({ status, body }).toMatchObject({ status: 201 })
    const [entry] = await record('?verb=rollout.start')
    expect(entry).toMatchObject({ targets: ['rollout/web-2', 'service/web'], reason: 'again' })
    expect(entry?.changes).toContainEqual({ field: 'release', before: null, after: '1' })
    expect(entry?.changes.map(({ before }) => before)).toEqual(entry?.changes.map(() => null))
  })
})

describe('when the record cannot be written', () => {
  it('nothing is done', async () => {
    await http.stop()
    http = await serve((deps) => ({ ...deps, audit: { ...deps.audit, begin: () => Promise.reject(new Error('no')) } }))
    expect((await http.ask('PUT', '/v1/services/web', ENTRY)).status).toBe(500)
    expect((await http.ask('GET', '/v1/services/web')).status).toBe(404)
  })

  it('and the change was made, the answer is no success, and the record has it as open', async () => {
    await http.stop()
    http = await serve((deps) => ({ ...deps, audit: { ...deps.audit, end: () => Promise.reject(new Error('no')) } }))
    expect(await http.ask('PUT', '/v1/services/web', ENTRY)).toMatchObject({ status: 500, body: { error: { code: 'internal' } } })
    expect(await record()).toMatchObject([{ verb: 'service.apply', outcome: 'open' }])
    // A refusal stays the refusal that it was.
    expect((await http.ask('POST', '/v1/rollouts/web-1/pause', {})).status).toBe(404)
  })
})
