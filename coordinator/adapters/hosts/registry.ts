/** The registry of hosts, read in pages: ten thousand hosts cost Redis a few milliseconds at a time. */
import type { Redis } from 'ioredis'
import type { HostName } from '../../../shared/ids.ts'
import { SILENT_AFTER_MS } from '../../engine/ports/hosts.ts'
import type { HostRecord, Hosts } from '../../engine/ports/hosts.ts'
import type { Greeting } from '../../engine/ports/sessions.ts'
import { loadScript } from '../redis/script.ts'
import { ringAt } from './doorbell.ts'
import { readInstalled } from './installed-record.ts'
import { HOSTS } from './keys.ts'
import { readSession } from './session-record.ts'

/** Hosts asked for in one command. */
export const HOSTS_PER_PAGE = 500

const cutOff = loadScript<string>(new URL('./lua/host-cut-off.lua', import.meta.url))
const removeHost = loadScript<'removed' | 'back' | 'unknown'>(new URL('./lua/host-remove.lua', import.meta.url))

const CUT_OFF_KEYS = [HOSTS.sessions, HOSTS.epochs, HOSTS.revoked, HOSTS.records]
const REMOVE_KEYS = [HOSTS.records, HOSTS.installed, HOSTS.loads, HOSTS.firstSeen, HOSTS.seen, HOSTS.revoked]

/**
 * @param hearingSinceMs since when this coordinator has heard hosts without a gap. A host that was last heard before then is given
 * SILENT_AFTER_MS to come back before it counts as away: after a restart, or a Redis that was gone, the silence may have been ours.
 */
export function redisHosts(redis: Redis, hearingSinceMs: () => number = () => -Infinity): Hosts {
  return {
    async all() {
      const found = new Map<HostName, HostRecord>()
      let cursor = '0'
      do {
        const [next, fields] = await redis.hscan(HOSTS.records, cursor, 'COUNT', HOSTS_PER_PAGE)
        const hosts = fields.filter((_, index) => index % 2 === 0)
        for (const record of await recordsOf(redis, hosts)) found.set(record.host, record)
        cursor = next
      } while (cursor !== '0')
      return [...found.values()]
    },
    async get(host) {
      return (await recordsOf(redis, [host]))[0] ?? null
    },
    async connected(hosts, now) {
      const here = await Promise.all(pagesOf(hosts).map((page) => connectedOf(redis, page, now, hearingSinceMs())))
      return new Set(here.flat())
    },
    async cutOff(host, mark) {
      const session = readSession(await cutOff(redis, CUT_OFF_KEYS, [host, mark === null ? '' : JSON.stringify(mark)]))
      if (session) await ringAt(redis, session.coordinator, host)
    },
    remove: (host) => removeHost(redis, REMOVE_KEYS, [host]),
  }
}

/** Earlier versions believed whatever a host claims, and knew no policies. */
type Later = 'ignoredLabels' | 'policy'
type Kept = Omit<Greeting, 'installed' | Later> & Partial<Pick<Greeting, Later>>

async function recordsOf(redis: Redis, hosts: readonly HostName[]): Promise<HostRecord[]> {
  if (hosts.length === 0) return []
  const [records, installed, loads, firstSeen, sessions, revoked, seen] = await Promise.all([
    redis.hmget(HOSTS.records, ...hosts),
    redis.hmget(HOSTS.installed, ...hosts),
    redis.hmget(HOSTS.loads, ...hosts),
    redis.hmget(HOSTS.firstSeen, ...hosts),
    redis.hmget(HOSTS.sessions, ...hosts),
    redis.hmget(HOSTS.revoked, ...hosts),
    redis.zmscore(HOSTS.seen, ...hosts),
  ])
  return hosts.flatMap((host, index) => {
    const record = records[index]
    if (!record) return []
    const { labels, ignoredLabels = {}, agentVersion, facts, policy = null } = JSON.parse(record) as Kept
    return {
      host,
      labels,
      ignoredLabels,
      agentVersion,
      facts,
      policy,
      installed: readInstalled(installed[index], Number(seen[index])),
      firstSeenAtMs: Number(firstSeen[index]),
      seenAtMs: Number(seen[index]),
      load: JSON.parse(loads[index] ?? 'null') as HostRecord['load'],
      session: readSession(sessions[index]),
      revoked: JSON.parse(revoked[index] ?? 'null') as HostRecord['revoked'],
    }
  })
}

async function connectedOf(redis: Redis, hosts: readonly HostName[], now: number, hearingSinceMs: number): Promise<HostName[]> {
  const [sessions, revoked, seen] = await Promise.all([
    redis.hmget(HOSTS.sessions, ...hosts), redis.hmget(HOSTS.revoked, ...hosts), redis.zmscore(HOSTS.seen, ...hosts),
  ])
  return hosts.filter((_, index) => {
    const seenAtMs = Number(seen[index] ?? NaN)
    const isHere = Boolean(sessions[index]) && now - seenAtMs < SILENT_AFTER_MS
    const mayComeBack = !revoked[index] && seenAtMs < hearingSinceMs && now - hearingSinceMs < SILENT_AFTER_MS
    return isHere || mayComeBack
  })
}

function pagesOf(hosts: readonly HostName[]): HostName[][] {
  const pages: HostName[][] = []
  for (let from = 0; from < hosts.length; from += HOSTS_PER_PAGE) pages.push(hosts.slice(from, from + HOSTS_PER_PAGE))
  return pages
}
