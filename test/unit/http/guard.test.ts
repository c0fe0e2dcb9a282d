/** What the door of the API says, and to whom. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pino } from 'pino'
import { FORBIDDEN_RECORDED_EVERY_MS } from '../../../coordinator/api/http/forbidden.ts'
import { FAILURES_LOGGED_EVERY_MS, failureLog } from '../../../coordinator/api/http/failure-log.ts'
import { REMEMBERED_MS } from '../../../coordinator/adapters/identity/access.ts'
import type { AuditPageView } from '../../../shared/api/audit.ts'
import { reach } from '../../e2e/fleet/reach.ts'
import { NOBODY, serve, TOKENS_VALID_MS } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeEach(async () => {
  http = await serve()
  await http.bench.connect('h1')
})
afterEach(() => http.stop())

async function record(): Promise<AuditPageView['entries']> {
  return ((await http.ask('GET', '/v1/audit')).body as AuditPageView).entries
}

describe('a token', () => {
  it('that is missing, wrong, expired or revoked gets one and the same answer', async () => {
    const answers = [await http.ask('GET', '/v1/services', undefined, NOBODY), await http.ask('GET', '/v1/services', undefined, { authorization: 'Bearer mst_nobody_x' })]
    await http.tokens.remove('token-of-bob')
    answers.push(await http.ask('GET', '/v1/services', undefined, http.as('bob')))
    const expired = http.as('vera')
    http.bench.pass(TOKENS_VALID_MS)
    answers.push(await http.ask('GET', '/v1/services', undefined, expired))
    const [{ body } = { body: null }] = answers
    expect(body).toMatchObject({ error: { code: 'token_invalid', field: 'Authorization' } })
    expect(answers.map((answer) => [answer.status, answer.headers['www-authenticate'], answer.body])).toEqual(answers.map(() => [401, 'Bearer', body]))
  })

  it('that is revoked lets nobody in once it is asked about again', async () => {
    expect((await http.ask('GET', '/v1/services')).status).toBe(200)
    await http.tokens.remove('token-of-ann')
    http.bench.pass(REMEMBERED_MS)
    expect((await http.ask('GET', '/v1/services')).status).toBe(401)
  })

  it('says who acts, whatever else the request says', async () => {
    await http.ask('PUT', '/v1/services/web', { service: 'web', path: '/srv/web' }, { ...http.as('bob'), 'muster-actor': 'ann' })
    expect(await record()).toMatchObject([{ actor: 'bob', from: { address: '127.0.0.1', token: 'token-of-bob' } }])
  })

  it('of a viewer changes nothing; the refusal names the right, and is recorded once in a while', async () => {
    const pause = () => http.ask('POST', '/v1/rollouts/web-1/pause', { reason: 'x' }, http.as('vera'))
    expect(await pause()).toMatchObject({ status: 403, body: { error: { code: 'forbidden', message: 'vera is a viewer and may look; this needs admin' } } })
    await pause()
    const attempt = { actor: 'vera', verb: 'rollout.pause', outcome: 'refused', code: 'forbidden', from: { token: 'token-of-vera' } }
    expect(await record()).toMatchObject([{ ...attempt, targets: ['rollout/web-1', 'service/web'] }])
    http.bench.pass(FORBIDDEN_RECORDED_EVERY_MS)
    await pause()
    expect(await record()).toMatchObject([attempt, attempt])
  })
})

describe('a request that shows no good token', () => {
  it('is counted', async () => {
    await http.ask('GET', '/v1/services', undefined, NOBODY)
    const { body } = await http.app.inject({ method: 'GET', url: '/metrics', headers: http.as('vera') })
    expect(body).toContain('muster_http_request_duration_seconds_count{method="GET",route="/v1/services",status="401"} 1\n')
  })

  it('is in the log, and many are in few lines', () => {
    const lines: string[] = []
    let nowMs = 0
    const say = failureLog(pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) }), () => nowMs)
    for (let i = 0; i < 1000; i += 1) say('10.0.0.1')
    nowMs = FAILURES_LOGGED_EVERY_MS
    say('10.0.0.2')
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ address: '10.0.0.1', unsaid: 0 }, { address: '10.0.0.2', unsaid: 999 }])
  })
})

it('a stream of events says nothing more once its token is revoked, and ends', async () => {
  const id = await http.bench.begin({})
  const door = { url: await http.listen(), token: null, ca: http.ca }
  const response = await reach(door, `/v1/rollouts/${id}/events`, { headers: http.as('vera') })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let seen = ''
  while (!seen.includes('event: change')) seen += (await reader.read()).value
  await http.tokens.remove('token-of-vera')
  http.bench.pass(REMEMBERED_MS)
  expect((await http.ask('POST', `/v1/rollouts/${id}/pause`, { reason: 'a secret' })).status).toBe(200)
  let after = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) after += part.value
  expect(after).not.toContain('a secret')
})
