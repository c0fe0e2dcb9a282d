import { afterEach, beforeEach, expect, it } from 'vitest'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeEach(async () => {
  http = await serve()
})
afterEach(() => http.stop())

const CHAT = { name: 'chat', url: 'https://chat.example/hooks/42' }

it('a webhook is added with its secret, and listed without', async () => {
  const { status, body } = await http.ask('POST', '/v1/webhooks', { ...CHAT, events: ['rollout.ended'], services: 'web,shop-*' })
  expect(status).toBe(201)
  expect(body).toMatchObject({ ...CHAT, createdBy: 'ann', secret: expect.stringMatching(/^whsec_/) as string })
  const list = await http.ask('GET', '/v1/webhooks')
  expect(list.body).toEqual({ webhooks: [{ ...CHAT, events: ['rollout.ended'], services: 'web,shop-*', createdBy: 'ann', createdAtMs: http.bench.ports.clock() }] })
  expect(JSON.stringify((await http.ask('GET', '/v1/audit')).body)).not.toContain('whsec_')
  expect(await http.ask('DELETE', '/v1/webhooks/chat')).toMatchObject({ status: 200 })
  expect((await http.ask('GET', '/v1/audit?target=webhook/chat')).body).toMatchObject({ entries: [{ verb: 'webhook.remove' }, { verb: 'webhook.add' }] })
})

it.each([
  ['ftp://chat.example/', 'url'], ['file:///etc/passwd', 'url'], ['https://ann:secret@chat.example/', 'url'], ['chat.example', 'url'],
])('%s is nowhere to send to', async (url, field) => {
  expect(await http.ask('POST', '/v1/webhooks', { ...CHAT, url })).toMatchObject({ status: 400, body: { error: { code: 'body_invalid', field } } })
})

it('what is not there is refused by its name', async () => {
  const refused = async (method: 'GET' | 'POST' | 'DELETE', url: string) => (await http.ask(method, url)).body
  expect(await refused('DELETE', '/v1/webhooks/none')).toMatchObject({ error: { code: 'webhook_unknown' } })
  expect(await refused('POST', '/v1/webhooks/none/test')).toMatchObject({ error: { code: 'webhook_unknown' } })
  expect(await refused('GET', '/v1/webhooks/none/deliveries')).toMatchObject({ error: { code: 'webhook_unknown' } })
  await http.ask('POST', '/v1/webhooks', CHAT)
  expect(await refused('POST', '/v1/webhooks/chat/deliveries/msg_1/redeliver')).toMatchObject({ error: { code: 'delivery_unknown' } })
  expect(await refused('GET', '/v1/webhooks/dead')).toEqual({ deliveries: [], next: null })
})
