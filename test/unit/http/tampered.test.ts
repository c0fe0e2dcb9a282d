/** What somebody has changed in Redis, asked for over HTTP: refused with what to do, and doing that gets through. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve } from './served.ts'
import type { Served } from './served.ts'

const ENTRY = { service: 'web', path: '/srv/web' }
const REFUSED = { status: 422, body: { error: { code: 'tampered', message: expect.stringContaining('the entry of web') as string, expected: expect.stringContaining('muster service apply') as string } } }

let http: Served
beforeAll(async () => {
  http = await serve()
})
afterAll(() => http.stop())

test('an entry is refused to those who look and to those who begin something, until somebody applies it again', async () => {
  await http.ask('PUT', '/v1/services/web', ENTRY)
  const { commands } = http.redis.connections
  const text = (await commands.hget('{catalogue}:services', 'web'))!
  await commands.hset('{catalogue}:services', 'web', text.replace('/srv/web', '/srv/own'))
  expect(await http.ask('GET', '/v1/services/web')).toMatchObject(REFUSED)
  expect(await http.ask('POST', '/v1/rollouts', { service: 'web', release: '1' })).toMatchObject(REFUSED)
  expect(await http.ask('POST', '/v1/services/web/entries/1/restore', {})).toMatchObject(REFUSED)
  expect(await http.ask('GET', '/v1/services')).toMatchObject({ status: 200, body: { services: [] } })
  expect(await http.ask('PUT', '/v1/services/web', ENTRY)).toMatchObject({ status: 200, body: { outcome: 'unchanged', service: { entry: 1 } } })
  expect(await http.ask('GET', '/v1/services/web')).toMatchObject({ status: 200, body: { spec: { path: '/srv/web' } } })
})
