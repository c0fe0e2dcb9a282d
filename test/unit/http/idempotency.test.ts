/** The same key: done once, answered again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ANSWERS_KEPT_MS, MAX_ANSWERS } from '../../../coordinator/engine/ports/answers.ts'
import { redisAnswers } from '../../../coordinator/adapters/answers/answers.ts'
import { testKeys } from '../../keys.ts'
import { serve } from './served.ts'
import type { Served } from './served.ts'

let http: Served

beforeEach(async () => {
  http = await serve()
  await http.bench.connect('h1')
})
afterEach(() => http.stop())

const key = (name: string, more: Record<string, string> = {}) => ({ 'idempotency-key': name, ...more })
const ENTRY = { service: 'web', path: '/srv/web' }

describe('a request with a key', () => {
  it('is done once, and its answer is given again, said to be one', async () => {
    const id = await http.bench.begin({})
    const pause = () => http.ask('POST', `/v1/rollouts/${id}/pause`, { reason: 'x' }, key('k1'))
    const [first, again] = [await pause(), await pause()]
    expect(first.status).toBe(200)
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    expect(again).toMatchObject({ status: 200, body: first.body, headers: { 'idempotency-replayed': 'true' } })
    // Done twice it would have been refused the second time; and it is one change.
    expect((await http.ask('POST', `/v1/rollouts/${id}/pause`, {})).status).toBe(422)
    const { entries } = await http.deps.audit.page({ actor: null, verb: 'rollout.pause', target: null, sinceMs: null, limit: 10, cursor: null })
    expect(entries.map(({ outcome }) => outcome)).toEqual(['refused', 'done'])
  })

  it('that was refused is refused again, also when it would be possible now', async () => {
    const start = (headers: Record<string, string>) => http.ask('POST', '/v1/rollouts', { service: 'web', release: '1' }, headers)
    expect((await start(key('k1'))).status).toBe(404)
    await http.bench.begin({})
    expect(await start(key('k1'))).toMatchObject({ status: 404, body: { error: { code: 'service_unknown' } } })
    expect(await start(key('k2'))).toMatchObject({ status: 409, body: { error: { code: 'service_busy' } } })
  })

  it('must be the same request', async () => {
    await http.ask('PUT', '/v1/services/web', ENTRY, key('k1'))
    const other = await http.ask('PUT', '/v1/services/web', { ...ENTRY, account: 'web' }, key('k1'))
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_mismatch', field: 'Idempotency-Key' } } })
    expect((await http.ask('PUT', '/v1/services/web', { path: ENTRY.path, service: 'web' }, key('k1'))).headers).toHaveProperty('idempotency-replayed')
  })

  it('is nobody else’s', async () => {
    await http.ask('PUT', '/v1/services/web', ENTRY, key('k1'))
    const other = await http.ask('PUT', '/v1/services/web', { ...ENTRY, account: 'web' }, key('k1', http.as('bob')))
    expect(other.status).toBe(200)
  })

  it('many at once are one', async () => {
    const id = await http.bench.begin({})
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.ask('POST', `/v1/rollouts/${id}/pause`, {}, key('k1'))))
    const done = answers.filter(({ status }) => status === 200)
    const waiting = answers.filter(({ status }) => status === 409)
    expect(done.length + waiting.length).toBe(20)
    expect(done.filter(({ headers }) => !('idempotency-replayed' in headers))).toHaveLength(1)
    for (const { body } of waiting) expect(body).toMatchObject({ error: { code: 'idempotency_in_progress' } })
  })

  it('whose coordinator died is not done a second time', async () => {
    await http.stop()
    http = await serve((deps) => ({ ...deps, answers: { ...deps.answers, answer: () => Promise.reject(new Error('gone')) } }))
    expect((await http.ask('PUT', '/v1/services/web', ENTRY, key('k1'))).status).toBe(200)
    expect(await http.ask('PUT', '/v1/services/web', ENTRY, key('k1'))).toMatchObject({ status: 409, body: { error: { code: 'idempotency_in_progress' } } })
  })

  it('that makes no sense uses up no key, and a key must be one', async () => {
    expect((await http.ask('PUT', '/v1/services/web', { service: 'web' }, key('k1'))).status).toBe(400)
    expect((await http.ask('PUT', '/v1/services/web', ENTRY, key('k1'))).status).toBe(200)
    expect(await http.ask('PUT', '/v1/services/web', ENTRY, key('a b'))).toMatchObject({ status: 400, body: { error: { field: 'Idempotency-Key' } } })
  })
})

describe('kept answers', () => {
  it('cannot be read in Redis, and one that was put there is given to nobody, and the request is not carried out again', async () => {
    const { commands } = http.redis.connections
    const answers = redisAnswers(commands, (await testKeys()).vault)
    for (const name of ['k', 'other']) {
      await answers.begin(name, 'r', 1000)
      await answers.answer(name, { status: 201, body: '{"secret":"whsec_hidden"}' })
    }
    const kept = await commands.hgetall('{answers}:kept')
    expect(Object.values(kept).join()).not.toContain('hidden')
    const [[mine, text], [theirs]] = Object.entries(kept) as [[string, string], [string, string]]
    await commands.hset('{answers}:kept', theirs, text)
    expect([await answers.begin('k', 'r', 1001), await answers.begin('other', 'r', 1001)].filter(({ is }) => is === 'running')).toHaveLength(1)
    await commands.hset('{answers}:kept', mine, JSON.stringify({ status: 200, body: '{}' }))
    expect([(await answers.begin('k', 'r', 1002)).is, (await answers.begin('other', 'r', 1002)).is]).toEqual(['running', 'running'])
  })

  it('go after a day', async () => {
    const answers = redisAnswers(http.redis.connections.commands, (await testKeys()).vault)
    await answers.begin('k', 'r', 1000)
    await answers.answer('k', { status: 200, body: '{}' })
    expect(await answers.begin('k', 'r', 1000 + ANSWERS_KEPT_MS - 1)).toMatchObject({ is: 'answered' })
    expect(await answers.begin('k', 'other', 1001 + ANSWERS_KEPT_MS)).toEqual({ is: 'begun' })
  })

  it('are bounded: the oldest go', async () => {
    const { commands } = http.redis.connections
    const answers = redisAnswers(commands, (await testKeys()).vault)
    for (let at = 0; at < MAX_ANSWERS + 5; at += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, index) => answers.begin(`k${at + index}`, 'r', at + index)))
    }
    expect(await commands.zcard('{answers}:first-used')).toBe(MAX_ANSWERS)
    expect(await commands.hlen('{answers}:requests')).toBe(MAX_ANSWERS)
    expect(await answers.begin('k0', 'other', MAX_ANSWERS + 1000)).toEqual({ is: 'begun' })
  })
})
