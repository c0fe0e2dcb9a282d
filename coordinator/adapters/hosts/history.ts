/** Histories of hosts in Redis: entries by their ids, and the ids by when it happened. Owns that both hold the same, and no more than MAX_HISTORY. */
import type { Redis } from 'ioredis'
import { shortened } from '../../../shared/shortened.ts'
import { HISTORY_KEPT_MS, MAX_HISTORY, MAX_HISTORY_TEXT_CHARS } from '../../engine/ports/history.ts'
import type { HistoryEntry, HostHistory } from '../../engine/ports/history.ts'
import { loadScript } from '../redis/script.ts'
import { historyEntriesKey, historyOrderKey } from './keys.ts'

const addEntry = loadScript<0 | 1>(new URL('./lua/history-add.lua', import.meta.url))

export function redisHistory(redis: Redis): HostHistory {
  return {
    async add(host, entry) {
      const args = [entry.id, entry.atMs, JSON.stringify(entry, cutTexts), MAX_HISTORY, HISTORY_KEPT_MS]
      await addEntry(redis, [historyEntriesKey(host), historyOrderKey(host)], args)
    },
    async of(host, { limit, before }) {
      const rank = before === null ? -1 : await redis.zrevrank(historyOrderKey(host), before)
      if (rank === null) return { entries: [], next: null }
      const ids = await redis.zrevrange(historyOrderKey(host), rank + 1, rank + 1 + limit)
      const found = ids.length === 0 ? [] : await redis.hmget(historyEntriesKey(host), ...ids.slice(0, limit))
      const entries = found.filter((json) => json !== null).map((json) => JSON.parse(json) as HistoryEntry)
      return { entries, next: ids.length > limit ? (ids[limit - 1] ?? null) : null }
    },
  }
}

function cutTexts(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? shortened(value, MAX_HISTORY_TEXT_CHARS) : value
}
