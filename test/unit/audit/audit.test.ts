import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ABANDONED_AFTER_MS, READ_AT_ONCE, redisAudit } from '../../../coordinator/adapters/audit/audit.ts'
import { MAX_AUDIT_CHANGES, MAX_AUDIT_ENTRIES, MAX_AUDIT_TEXT_CHARS } from '../../../coordinator/engine/ports/audit.ts'
import type { AuditEntry, AuditFilter, AuditLog } from '../../../coordinator/engine/ports/audit.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'

let fixture: RedisFixture
let audit: AuditLog
let now: number

beforeAll(async () => {
  fixture = await startRedis()
})
beforeEach(async () => {
  await fixture.redis.flushall()
  now = Date.now()
  audit = redisAudit(fixture.redis, () => now)
})
afterAll(() => fixture.stop())

const ALL: AuditFilter = { actor: null, verb: null, target: null, sinceMs: null, limit: 100, cursor: null }

function entry(given: Partial<AuditEntry> = {}): AuditEntry {
  return {
    atMs: now, actor: 'ann', verb: 'rollout.pause', targets: ['rollout/web-1', 'service/web'], reason: null, from: null, outcome: 'done', code: null, changes: [],
    ...given,
  }
}

const { outcome: _outcome, code: _code, changes: _changes, ...begun } = { ...entry(), atMs: 0 }

describe('the record', () => {
  it('gives back what was recorded, the latest first', async () => {
    const full = entry({ reason: 'errors', from: { address: '10.0.0.1', userAgent: 'curl' }, changes: [{ field: 'phase', before: 'running', after: 'paused' }] })
    await audit.record(full)
    await audit.record(entry({ actor: 'bob' }))
    const { entries, next } = await audit.page(ALL)
    expect(entries.map(({ actor }) => actor)).toEqual(['bob', 'ann'])
    expect(entries[1]).toMatchObject(full)
    expect(next).toBeNull()
    expect(await audit.size()).toBe(2)
  })

  it('is asked by actor, verb, target and time', async () => {
    await audit.record(entry({ actor: 'bob', verb: 'rollout.abort', targets: ['rollout/web-2', 'service/web'] }))
    await audit.record(entry({ targets: ['service/shop'], verb: 'service.apply' }))
    const asked = async (filter: Partial<AuditFilter>) => (await audit.page({ ...ALL, ...filter })).entries.map(({ verb }) => verb)
    expect(await asked({ actor: 'bob' })).toEqual(['rollout.abort'])
    expect(await asked({ verb: 'service.apply' })).toEqual(['service.apply'])
    expect(await asked({ target: 'service/web' })).toEqual(['rollout.abort'])
    expect(await asked({ target: 'web' })).toEqual([])
    expect(await asked({ sinceMs: now + 60_000 })).toEqual([])
    expect(await asked({ sinceMs: now - 60_000, actor: 'ann' })).toEqual(['service.apply'])
  })

  it('comes in pages without a gap and without a repetition, also where a filter leaves most of it out', async () => {
    const count = READ_AT_ONCE + 50
    for (let i = 0; i < count; i++) await audit.record(entry({ actor: i % 100 === 0 ? 'rare' : 'ann', reason: String(i) }))
    const collect = async (filter: Partial<AuditFilter>) => {
      const reasons: (string | null)[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<AuditLog['page']>> = await audit.page({ ...ALL, ...filter, cursor })
        reasons.push(...page.entries.map(({ reason }) => reason))
        cursor = page.next
      } while (cursor !== null)
      return reasons
    }
    expect(await collect({ limit: 7 })).toEqual(Array.from({ length: count }, (_, i) => String(count - 1 - i)))
    expect(await collect({ limit: 2, actor: 'rare' })).toEqual(['500', '400', '300', '200', '100', '0'])
  })

  it.each(['+', '0-0', '1', '-1', '1-1-1'])('refuses the cursor %s, which no page gave', async (cursor) => {
    await expect(audit.page({ ...ALL, cursor })).rejects.toMatchObject({ problem: { code: 'body_invalid', field: 'cursor' } })
  })

  it('has what is known by one name once', async () => {
    await Promise.all([audit.record(entry(), 'web-1/7'), audit.record(entry(), 'web-1/7')])
    await audit.record(entry(), 'web-1/8')
    expect(await audit.size()).toBe(2)
  })

  it('is bounded in every direction', async () => {
    const long = 'x'.repeat(10_000)
    const changes = Array.from({ length: 500 }, (_, i) => ({ field: `f${i}`, before: long, after: { deep: long } }))
    await audit.record(entry({ reason: long, actor: long, targets: Array.from({ length: 500 }, () => long), changes }))
    const [kept] = (await audit.page(ALL)).entries
    expect(kept?.reason).toHaveLength(MAX_AUDIT_TEXT_CHARS)
    expect(kept?.changes).toHaveLength(MAX_AUDIT_CHANGES + 1)
    expect(kept?.changes.at(-1)).toEqual({ field: '…', before: null, after: `${500 - MAX_AUDIT_CHANGES} more` })
    expect(JSON.stringify(kept).length).toBeLessThan(60_000)

    await fixture.redis.eval(`for i = 1, ${MAX_AUDIT_ENTRIES + 5000} do redis.call('XADD', KEYS[1], '*', 'entry', '{}') end`, 1, '{audit}:log')
    await audit.record(entry())
    expect(await audit.size()).toBeLessThan(MAX_AUDIT_ENTRIES + 500)
  })
})

describe('what has begun', () => {
  it('is there from before the change, open, and then with its outcome, once', async () => {
    const id = await audit.begin({ ...begun, atMs: now })
    expect((await audit.page(ALL)).entries).toMatchObject([{ id, outcome: 'open', actor: 'ann' }])
    const ended = { outcome: 'refused', code: 'control_refused', changes: [], targets: ['rollout/web-9'] } as const
    await Promise.all([audit.end(id, ended), audit.end(id, ended)])
    const { entries } = await audit.page(ALL)
    expect(entries).toMatchObject([{ outcome: 'refused', code: 'control_refused', targets: ['rollout/web-9', 'rollout/web-1', 'service/web'] }])
    await audit.end(id, ended)
    expect(await audit.size()).toBe(1)
  })

  it('and was never ended has an outcome that nobody knows', async () => {
    await audit.begin({ ...begun, atMs: now })
    now += ABANDONED_AFTER_MS + 1
    await audit.page(ALL)
    expect((await audit.page(ALL)).entries).toMatchObject([{ outcome: 'unknown', atMs: now - ABANDONED_AFTER_MS - 1 }])
    expect(await audit.size()).toBe(1)
  })
})
