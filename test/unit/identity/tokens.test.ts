/** What is kept of tokens, for how long, and how many. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { USED_WRITTEN_EVERY_MS } from '../../../coordinator/adapters/identity/tokens.ts'
import { EXPIRED_TOKEN_KEPT_MS, MAX_TOKENS } from '../../../coordinator/engine/ports/tokens.ts'
import { sha256 } from '../../../shared/digest.ts'
import { enrolling, HOUR_MS, refusal } from './enrolling.ts'
import type { Enrolment } from './enrolling.ts'

let site: Enrolment

beforeAll(async () => {
  site = await enrolling()
})
afterAll(() => site.stop())

const ids = async () => (await site.tokens.all()).map(({ id }) => id)

it('a token is found with its secret alone, whether or not it has expired, and shown for a week after it has', async () => {
  const { id, secret } = await site.give({ role: 'viewer', name: 'vera', ttl: '1h' })
  expect(await site.tokens.find(id, sha256(secret))).toMatchObject({ id, name: 'vera', lastUsedAtMs: null })
  expect(await site.tokens.find(id, sha256('other'))).toBeNull()
  expect(await site.tokens.find(id, '')).toBeNull()
  site.pass(HOUR_MS + EXPIRED_TOKEN_KEPT_MS - 1)
  expect(await site.tokens.find(id, sha256(secret))).not.toBeNull()
  expect(await ids()).toContain(id)
  site.pass(1)
  expect(await ids()).not.toContain(id)
})

it('that it was used is remembered once a minute', async () => {
  const { id } = await site.give({ role: 'viewer', name: 'vera' })
  const last = async () => (await site.tokens.all()).find((token) => token.id === id)?.lastUsedAtMs
  site.tokens.used(id, 1_000_000)
  expect(await last()).toBe(1_000_000)
  site.tokens.used(id, 1_000_000 + USED_WRITTEN_EVERY_MS - 1)
  expect(await last()).toBe(1_000_000)
  site.tokens.used(id, 1_000_000 + USED_WRITTEN_EVERY_MS)
  expect(await last()).toBe(1_000_000 + USED_WRITTEN_EVERY_MS)
})

it('there is an end to how many there may be, and expired ones make room', async () => {
  const there = (await ids()).length
  await Promise.all(Array.from({ length: MAX_TOKENS - there }, () => site.give({ role: 'agent', ttl: '1h' })))
  expect(await refusal(site.give({ role: 'agent' }))).toMatchObject({ code: 'token_limit' })
  expect(await ids()).toHaveLength(MAX_TOKENS)
  site.pass(HOUR_MS + EXPIRED_TOKEN_KEPT_MS)
  await site.give({ role: 'agent' })
})
