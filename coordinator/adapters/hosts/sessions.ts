/** Who has a session, and where. Owns that of a host's sessions the latest is recorded, and that the one before it hears of its end. */
import type { Redis } from 'ioredis'
import type { LastSeen, SessionRegistry } from '../../engine/ports/sessions.ts'
import { loadScript } from '../redis/script.ts'
import { ringAt } from './doorbell.ts'
import { readInstalled } from './installed-record.ts'
import { HOSTS } from './keys.ts'
import { readSession } from './session-record.ts'

const openSession = loadScript<[epoch: number, replaced: string]>(new URL('./lua/session-open.lua', import.meta.url))
const closeSession = loadScript<0 | 1>(new URL('./lua/session-close.lua', import.meta.url))

const OPEN_KEYS = [HOSTS.records, HOSTS.installed, HOSTS.firstSeen, HOSTS.seen, HOSTS.sessions, HOSTS.epochs, HOSTS.revoked]

/**
 * @param coordinator this one's id: where rings for its sessions are heard
 * @param leastEpoch below it lie epochs that a Redis which has failed over may have forgotten
 */
export function redisSessions(redis: Redis, coordinator: string, leastEpoch: () => Promise<number> = async () => 0): SessionRegistry {
  return {
    async last(host) {
      const [record, installed, seen] = await Promise.all([
        redis.hget(HOSTS.records, host), redis.hget(HOSTS.installed, host), redis.zscore(HOSTS.seen, host),
      ])
      if (record === null) return null
      const { labels } = JSON.parse(record) as Pick<LastSeen, 'labels'>
      const seenAtMs = Number(seen ?? 0)
      return { labels, installed: readInstalled(installed, seenAtMs), seenAtMs }
    },
    async open(host, { installed, ...record }, now) {
      const args = [host, coordinator, now, JSON.stringify(record), JSON.stringify(installed), await leastEpoch()]
      const [epoch, replaced] = await openSession(redis, OPEN_KEYS, args)
      const earlier = readSession(replaced)
      if (earlier) await ringAt(redis, earlier.coordinator, host)
      return epoch
    },
    async close(host, epoch) {
      await closeSession(redis, [HOSTS.sessions], [host, epoch])
    },
  }
}
