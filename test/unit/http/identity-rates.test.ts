/** Anybody may ask to be let in, and nobody may ask for ever. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { IDENTITY_REQUESTS, REFUSED_COUNTS_FOR } from '../../../coordinator/api/http/routes/identity.ts'
import { Rates } from '../../../coordinator/api/rates.ts'
import { NOBODY, serve } from './served.ts'
import type { Served } from './served.ts'

const BAD = { id: 'x', secret: 'wrong', role: 'agent', host: 'web-1', request: 'none' }
const ALLOWED = `at most ${IDENTITY_REQUESTS.perSecond} enrolments and as many renewals in a second`

let http: Served

beforeEach(async () => {
  http = await serve()
})
afterEach(() => http.stop())

function guess(address: string) {
  return http.app.inject({ method: 'POST', url: '/v1/identity/enrol', headers: NOBODY, payload: BAD, remoteAddress: address })
}

function renew() {
  const payload = { certificate: 'none', request: 'none' }
  return http.app.inject({ method: 'POST', url: '/v1/identity/renew', headers: NOBODY, payload, remoteAddress: '192.0.2.1' })
}

it('whoever guesses tokens is soon told to wait, and others are not', async () => {
  expect((await guess('192.0.2.1')).statusCode).toBe(401)
  const answer = async () => (await guess('192.0.2.1')).json<object>()
  await expect.poll(answer, { timeout: 20_000 }).toMatchObject({ error: { code: 'too_many_requests', expected: ALLOWED } })
  expect((await guess('192.0.2.2')).statusCode).toBe(401)
})

it('tokens that are no good keep nobody behind the same address from renewing', async () => {
  const answer = async () => (await guess('192.0.2.1')).statusCode
  await expect.poll(answer, { timeout: 20_000 }).toBe(429)
  const renewals = await Promise.all(Array.from({ length: REFUSED_COUNTS_FOR }, renew))
  expect(new Set(renewals.map(({ statusCode }) => statusCode))).toEqual(new Set([401]))
})

it('a request that cannot be read is counted as well', async () => {
  const ask = () => http.app.inject({ method: 'POST', url: '/v1/identity/renew', headers: NOBODY, payload: {}, remoteAddress: '192.0.2.1' })
  const answers = await Promise.all(Array.from({ length: 20 * IDENTITY_REQUESTS.atOnce }, ask))
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([400, 429]))
})

it('each refusal counts for many requests', () => {
  let now = 0
  const rates = new Rates(IDENTITY_REQUESTS, () => now)
  let guesses = 0
  for (; rates.take('a'); guesses += 1) rates.charge('a', REFUSED_COUNTS_FOR - 1)
  expect(guesses).toBe(IDENTITY_REQUESTS.atOnce / REFUSED_COUNTS_FOR)
  now += 1000
  expect([rates.take('a'), rates.take('b')]).toEqual([true, true])
})
