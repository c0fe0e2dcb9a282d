/** Whose token it is, and for how long that is believed. */
import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_REMEMBERED, REMEMBERED_MS, tokenAccess } from '../../../coordinator/adapters/identity/access.ts'
import type { Access } from '../../../coordinator/engine/ports/access.ts'
import type { ApiToken, Token } from '../../../coordinator/engine/ports/tokens.ts'
import { sha256 } from '../../../shared/digest.ts'
import { formatApiToken, parseApiToken } from '../../../shared/identity/api-token.ts'
import { silent } from '../../conformance/real-redis.ts'

const ADMIN_TEXT = formatApiToken({ id: 'admin', secret: 'of-the-file' })
const text = (id: string, secret = `secret-of-${id}`) => formatApiToken({ id, secret })
const apiToken = (id: string, more: Partial<ApiToken> = {}): ApiToken =>
  ({ kind: 'api', id, name: 'vera', role: 'viewer', createdAtMs: 0, createdBy: 'ann', expiresAtMs: 10_000, lastUsedAtMs: null, ...more })

let kept: Map<string, Token>
let asked: string[]
let used: [id: string, nowMs: number][]
let file: () => Promise<string | null>
let nowMs: number
let access: Access

beforeEach(() => {
  kept = new Map([apiToken('v')].map((token) => [token.id, token]))
  asked = []
  used = []
  file = () => Promise.resolve(ADMIN_TEXT)
  nowMs = 1000
  const tokens = {
    async find(id: string, secretHash: string) {
      asked.push(id)
      return secretHash === sha256(`secret-of-${id}`) ? (kept.get(id) ?? null) : null
    },
    used: (id: string, atMs: number) => void used.push([id, atMs]),
  }
  access = tokenAccess({ tokens, adminToken: () => file(), clock: () => nowMs, log: silent })
})

describe('a token of the store', () => {
  it('is its holder’s, is noted as used, and is asked about once in a while', async () => {
    expect(await access.authenticate(text('v'))).toMatchObject({ name: 'vera', role: 'viewer', token: 'v' })
    nowMs += REMEMBERED_MS - 1
    await access.authenticate(text('v'))
    expect(asked).toEqual(['v'])
    nowMs += 1
    await access.authenticate(text('v'))
    expect(asked).toEqual(['v', 'v'])
    expect(used).toEqual([['v', 1000], ['v', 1000 + REMEMBERED_MS]])
  })

  it('is asked about again when the clock was set back', async () => {
    await access.authenticate(text('v'))
    kept.delete('v')
    nowMs -= 1
    expect(await access.authenticate(text('v'))).toBeNull()
  })

  it('that is gone, has expired or lets machines join is nobody’s', async () => {
    nowMs = 10_000 - 1
    expect(await access.authenticate(text('v'))).not.toBeNull()
    nowMs += 1
    expect(await access.authenticate(text('v'))).toBeNull()
    kept.set('j', { ...apiToken('j'), kind: 'join', role: 'agent', labels: {}, hosts: '*', usesLeft: 1, replace: false, expiresAtMs: 1e6 })
    expect(await access.authenticate(text('j'))).toBeNull()
    expect(await access.authenticate(text('gone'))).toBeNull()
  })

  it('with another secret is nobody’s, also right after the right one', async () => {
    await access.authenticate(text('v'))
    expect(await access.authenticate(text('v', 'guessed'))).toBeNull()
  })

  it.each(['', 'mst_', 'mst_v', 'mst_v_', 'mstj_v_secret-of-v', `mst_v_${'x'.repeat(10_000)}`, 'mst_v_secret-of-v\n'])('%j is none, and no store is asked', async (shown) => {
    expect(await access.authenticate(shown)).toBeNull()
    expect(asked).toEqual([])
  })

  it('is forgotten when too many others came after it', async () => {
    for (let i = 0; i <= MAX_REMEMBERED; i += 1) {
      kept.set(`t${i}`, apiToken(`t${i}`))
      await access.authenticate(text(`t${i}`))
    }
    asked.length = 0
    await access.authenticate(text('t1'))
    await access.authenticate(text('t0'))
    expect(asked).toEqual(['t0'])
  })
})

describe('the token of the key directory', () => {
  it('is the administrator’s, with no store there', async () => {
    expect(await access.authenticate(ADMIN_TEXT)).toMatchObject({ name: 'admin', role: 'admin' })
    expect(asked).toEqual([])
  })

  it('is nobody’s a moment after it was changed or removed', async () => {
    await access.authenticate(ADMIN_TEXT)
    file = () => Promise.resolve(null)
    nowMs += REMEMBERED_MS
    expect(await access.authenticate(ADMIN_TEXT)).toBeNull()
    const other = formatApiToken({ id: 'admin', secret: 'another' })
    file = () => Promise.resolve(other)
    expect(await access.authenticate(other)).toMatchObject({ name: 'admin' })
  })

  it('that cannot be read shuts out nobody else', async () => {
    file = () => Promise.reject(new Error('open to others'))
    expect(await access.authenticate(ADMIN_TEXT)).toBeNull()
    expect(await access.authenticate(text('v'))).toMatchObject({ name: 'vera' })
  })
})

it('a token is read as it was written', () => {
  expect(parseApiToken(formatApiToken({ id: 'a-1', secret: 'x_y-z' }))).toEqual({ id: 'a-1', secret: 'x_y-z' })
})
