/**
 * The record in Redis: a stream that is only ever appended to, and beside it a hash of what has begun and not ended. Owns that a change is in one of
 * the two from before it is made, so that a coordinator or a Redis that dies in between leaves an open entry and not a gap.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { MAX_AUDIT_ENTRIES } from '../../engine/ports/audit.ts'
import type { AuditEntry, AuditFilter, AuditLog, AuditView, BegunEntry } from '../../engine/ports/audit.ts'
import { loadScript } from '../redis/script.ts'
import { bounded, boundedBegun } from './bounded.ts'
import { matches, olderThan } from './filter.ts'

const LOG = '{audit}:log'
const OPEN = '{audit}:open'
const onceKey = (name: string) => `{audit}:once:${name}`

/** How long a second entry that is known by the same is kept out. */
export const ONCE_KEPT_MS = 24 * 3_600_000
/** Longer than any request may take, an upload included: whatever is still open then has nobody left to end it. */
export const ABANDONED_AFTER_MS = 2 * 3_600_000
/** Entries read in one go, and looked at for one page: filters are applied here. */
export const READ_AT_ONCE = 500
export const MAX_LOOKED_AT = 20_000

const recordEntry = loadScript<0 | 1>(new URL('./lua/audit-record.lua', import.meta.url))
const endEntry = loadScript<0 | 1>(new URL('./lua/audit-end.lua', import.meta.url))

type Opened = { id: string; entry: BegunEntry }

export function redisAudit(redis: Redis, clock: () => number): AuditLog {
  return {
    async record(entry, once) {
      const keptMs = once === undefined ? 0 : ONCE_KEPT_MS
      await recordEntry(redis, [LOG, onceKey(once ?? '')], [JSON.stringify(bounded(entry)), MAX_AUDIT_ENTRIES, keptMs])
    },
    async begin(entry) {
      const id = randomUUID()
      await redis.hset(OPEN, id, JSON.stringify(boundedBegun(entry)))
      return id
    },
    async end(id, { targets, ...ended }) {
      const begun = await redis.hget(OPEN, id)
      if (begun === null) return
      const entry = JSON.parse(begun) as BegunEntry
      await end(redis, id, { ...entry, ...ended, targets: [...new Set([...targets, ...entry.targets])] })
    },
    async page(filter) {
      const open = filter.cursor === null ? await stillOpen(redis, clock()) : []
      const { entries, next } = await pageOf(redis, filter)
      const views = open.map(({ id, entry }): AuditView => ({ ...entry, id, outcome: 'open', code: null, changes: [] }))
      return { entries: [...views.filter((view) => matches(view, filter)), ...entries], next }
    },
    size: () => redis.xlen(LOG),
  }
}

async function end(redis: Redis, id: string, entry: AuditEntry): Promise<void> {
  await endEntry(redis, [OPEN, LOG], [id, JSON.stringify(bounded(entry)), MAX_AUDIT_ENTRIES])
}

/** What is open, the latest first. What was abandoned long ago goes into the record with an outcome that nobody knows. */
async function stillOpen(redis: Redis, now: number): Promise<Opened[]> {
  const fields = Object.entries(await redis.hgetall(OPEN))
  const opened = fields.map(([id, json]): Opened => ({ id, entry: JSON.parse(json) as BegunEntry }))
  const [abandoned, open] = [opened.filter(isAbandoned), opened.filter((one) => !isAbandoned(one))]
  for (const { id, entry } of abandoned) await end(redis, id, { ...entry, outcome: 'unknown', code: null, changes: [] })
  return open.sort((a, b) => b.entry.atMs - a.entry.atMs)

  function isAbandoned({ entry }: Opened): boolean {
    return now - entry.atMs > ABANDONED_AFTER_MS
  }
}

/** From the latest back, until the page is full, the record ends, or MAX_LOOKED_AT have been looked at. */
async function pageOf(redis: Redis, filter: AuditFilter): Promise<{ entries: AuditView[]; next: string | null }> {
  const entries: AuditView[] = []
  let before = olderThan(filter.cursor)
  for (let looked = 0; looked < MAX_LOOKED_AT; looked += READ_AT_ONCE) {
    const read = await redis.xrevrange(LOG, before, '-', 'COUNT', READ_AT_ONCE)
    for (const [id, [, json = 'null']] of read) {
      const view: AuditView = { ...(JSON.parse(json) as AuditEntry), id }
      before = `(${id}`
      if (filter.sinceMs !== null && Number(id.split('-')[0]) < filter.sinceMs) return { entries, next: null }
      if (matches(view, filter)) entries.push(view)
      if (entries.length === filter.limit) return { entries, next: id }
    }
    if (read.length < READ_AT_ONCE) return { entries, next: null }
  }
  return { entries, next: before.slice(1) }
}
