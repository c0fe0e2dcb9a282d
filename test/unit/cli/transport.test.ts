/** What changes something is carried out once, however often its connection breaks. */
import { describe, expect, test } from 'vitest'
import type { ServerResponse } from 'node:http'
import { MAX_RESENDINGS } from '../../../cli/transport.ts'
import { cannedApi, refuse } from './canned-api.ts'
import { rollout } from './fixtures.ts'
import { muster } from './muster.ts'

const breakOff = (_asked: unknown, response: ServerResponse): void => void response.socket?.destroy()

/** Answers with these, one after another; the last one again and again. */
function inTurn(...answers: ((asked: unknown, response: ServerResponse) => object | void)[]) {
  let next = 0
  return (asked: unknown, response: ServerResponse) => answers[Math.min(next++, answers.length - 1)]!(asked, response)
}

test('a verb is carried nowhere else, wherever it is sent', async () => {
  await using other = await cannedApi({ 'POST /v1/rollouts/web-7/pause': rollout() })
  const location = `${other.url}/v1/rollouts/web-7/pause`
  await using api = await cannedApi({ 'POST /v1/rollouts/web-7/pause': (_asked, response) => void response.writeHead(307, { location }).end() })
  const ran = await muster('rollout pause web-7', { url: api.url })
  expect(ran.code).not.toBe(0)
  expect(ran.stderr).toContain('answered 307 and does not seem to be a coordinator')
  expect(other.asked).toEqual([])
})

describe('a connection that breaks under a verb that changes something', () => {
  test('is made again, with the same key', async () => {
    await using api = await cannedApi({ 'POST /v1/rollouts/web-7/pause': inTurn(breakOff, breakOff, () => rollout({ phase: 'paused' })) })
    const ran = await muster('rollout pause web-7', { url: api.url })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const keys = api.asked.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(3)
    expect(new Set(keys)).toEqual(new Set([expect.stringMatching(/^[0-9a-f-]{36}$/)]))
    expect(api.asked.map(({ body }) => body.toString())).toEqual(['{}', '{}', '{}'])
  })

  test('may find the first one still at work, and waits for its answer', async () => {
    const busy = (_asked: unknown, response: ServerResponse) => refuse(response, 409, { code: 'idempotency_in_progress', message: 'no answer yet' })
    await using api = await cannedApi({ 'POST /v1/rollouts/web-7/pause': inTurn(breakOff, busy, () => rollout({ phase: 'paused' })) })
    expect(await muster('rollout pause web-7', { url: api.url })).toMatchObject({ code: 0, stderr: '' })
    expect(api.asked).toHaveLength(3)
  })

  test('is given up after so many', async () => {
    await using api = await cannedApi({ 'POST /v1/rollouts/web-7/pause': breakOff })
    const ran = await muster('rollout pause web-7', { url: api.url })
    expect(ran).toMatchObject({ code: 4 })
    expect(ran.stderr).toContain(`cannot reach the coordinator at ${api.url}`)
    expect(api.asked).toHaveLength(MAX_RESENDINGS + 1)
  })

  test('two verbs have two keys, and what only asks has none', async () => {
    await using api = await cannedApi({ 'POST /v1/rollouts/web-7/pause': rollout(), 'GET /v1/rollouts': { rollouts: [], next: null } })
    await muster('rollout pause web-7', { url: api.url })
    await muster('rollout pause web-7', { url: api.url })
    await muster('rollout list', { url: api.url })
    const [first, second, third] = api.asked.map(({ headers }) => headers['idempotency-key'])
    expect(first).not.toBe(second)
    expect(third).toBeUndefined()
  })

  test('a refusal is a refusal at once', async () => {
    await using api = await cannedApi({ 'POST /v1/rollouts/web-7/pause': (_asked, response) => refuse(response, 422, { code: 'control_refused', message: 'no' }) })
    expect(await muster('rollout pause web-7', { url: api.url })).toMatchObject({ code: 3 })
    expect(api.asked).toHaveLength(1)
  })
})
