import { describe, expect, test } from 'vitest'
import { auditEntrySchema } from '../../../shared/api/audit.ts'
import { deliveryViewSchema } from '../../../shared/api/webhook.ts'
import { cannedApi } from './canned-api.ts'
import { NOON_MS } from './fixtures.ts'
import { muster, NOW_MS } from './muster.ts'

const entry = (given: object = {}) => auditEntrySchema.parse({
  id: '1-1', atMs: NOON_MS, actor: 'bob', verb: 'rollout.pause', targets: ['rollout/web-7', 'service/web'], reason: 'errors in the shop',
  from: { address: '10.0.0.1', userAgent: 'node' }, outcome: 'done', code: null,
  changes: [{ field: 'phase', before: 'running', after: 'paused' }, { field: 'hold', before: null, after: 'person' }], ...given,
})

describe('muster audit', () => {
  test('says who changed what, and why', async () => {
    const refused = entry({ actor: 'ann', outcome: 'refused', code: 'control_refused', changes: [], reason: null })
    await using api = await cannedApi({ 'GET /v1/audit': { entries: [entry(), refused], next: null } })
    const { code, stdout } = await muster('audit --service web --actor bob --since 2h', { url: api.url })
    expect(code).toBe(0)
    expect(stdout).toBe([
      'WHEN                 WHO  WHAT           TO             OUTCOME                   CHANGED                                REASON',
      '2026-03-01 12:00:00  bob  rollout.pause  rollout/web-7  done                      phase: running → paused, hold: person  errors in the shop',
      '2026-03-01 12:00:00  ann  rollout.pause  rollout/web-7  refused: control_refused',
      '',
    ].join('\n'))
    expect(api.asked[0]?.query).toEqual({ target: 'service/web', actor: 'bob', since: String(NOW_MS - 7_200_000), limit: '100' })
  })

  test('asks for more where a page is short', async () => {
    await using api = await cannedApi({
      'GET /v1/audit': ({ query }) => (query['cursor'] === undefined ? { entries: [entry()], next: '5-0' } : { entries: [entry({ id: '2-0' })], next: '2-0' }),
    })
    const { stdout } = await muster('audit --limit 2 --json', { url: api.url })
    expect(JSON.parse(stdout)).toMatchObject({ entries: [{ id: '1-1' }, { id: '2-0' }], next: '2-0' })
    expect(api.asked.map(({ query }) => query)).toEqual([{ limit: '2' }, { limit: '1', cursor: '5-0' }])
  })

  test('is asked for one thing at a time, and for a time that there is', async () => {
    expect(await muster('audit --service web --rollout web-7')).toMatchObject({ code: 2, stderr: expect.stringContaining("option '--rollout <id>' cannot be used with option '--service <name>'") as string })
    expect((await muster('audit --since yesterday')).stderr).toContain('expected: a duration such as 30m, 2h or 7d')
  })
})

const delivery = (given: object = {}) => deliveryViewSchema.parse({
  webhook: 'chat', message: 'msg_1', type: 'rollout.held', rollout: 'web-7', state: 'dead', tries: 10, createdAtMs: NOON_MS,
  last: { atMs: NOON_MS, tookMs: 3, status: 503, error: 'answered 503: down' }, ...given,
})

describe('muster webhook', () => {
  test('add shows the secret once', async () => {
    await using api = await cannedApi({ 'POST /v1/webhooks': { name: 'chat', url: 'https://x.example/', events: [], services: '*', createdAtMs: 1, createdBy: 'alice', secret: 'whsec_abc=' } })
    const { code, stdout } = await muster('webhook add chat https://x.example/ --events rollout.held,rollout.ended --service shop-*', { url: api.url })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'chat added; its secret, which is not shown again:\nwhsec_abc=\ntry it: muster webhook test chat\n' })
    expect(JSON.parse(api.asked[0]!.body.toString())).toEqual({ name: 'chat', url: 'https://x.example/', events: ['rollout.held', 'rollout.ended'], services: 'shop-*' })
  })

  test('add knows the events', async () => {
    expect(await muster('webhook add chat https://x.example/ --events rollout.begun')).toMatchObject({ code: 2, stderr: expect.stringContaining('"rollout.begun" is no event') as string })
  })

  test('dead shows what redeliver takes', async () => {
    await using api = await cannedApi({ 'GET /v1/webhooks/dead': { deliveries: [delivery()], next: null }, 'POST /v1/webhooks/chat/deliveries/msg_1/redeliver': delivery({ state: 'waiting' }) })
    const { stdout } = await muster('webhook dead', { url: api.url })
    expect(stdout.split('\n')[1]).toBe('chat/msg_1  rollout.held  web-7    dead      10  2m 0s ago  answered 503: down')
    expect((await muster('webhook redeliver chat/msg_1', { url: api.url })).stdout).toContain('chat/msg_1 is on its way again')
    expect(await muster('webhook redeliver msg_1', { url: api.url })).toMatchObject({ code: 2 })
  })

  test('exits with 1 when a test does not arrive', async () => {
    await using api = await cannedApi({ 'POST /v1/webhooks/chat/test': { atMs: 1, tookMs: 3, status: null, error: 'connect ECONNREFUSED' } })
    expect(await muster('webhook test chat', { url: api.url })).toEqual({ code: 1, stdout: 'chat: connect ECONNREFUSED\n', stderr: '' })
  })
})
