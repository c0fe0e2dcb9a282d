/**
 * Signs of life on their way to Redis: the latest of each host, written together. Owns that ten thousand hosts cost a few commands
 * every two seconds. What is lost with a coordinator or with a write that fails is made up for by the next heartbeat.
 */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { HostName } from '../../../shared/ids.ts'
import type { HostLoad } from '../../engine/ports/hosts.ts'
import type { Heartbeats, SignOfLife } from '../../engine/ports/sessions.ts'
import { HOSTS } from './keys.ts'

export const HEARTBEATS_WRITTEN_EVERY_MS = 2000
/** Hosts in one command. */
export const MAX_HEARTBEATS_PER_WRITE = 500

type Latest = { seenAtMs: number; load: HostLoad; installed: SignOfLife['installed'] }

export class RedisHeartbeats implements Heartbeats {
  readonly #redis: Redis
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  /** At most one per host that has a session here. */
  #latest = new Map<HostName, Latest>()
  #writing: Promise<void> | null = null

  constructor(redis: Redis, log: Logger, everyMs = HEARTBEATS_WRITTEN_EVERY_MS) {
    this.#redis = redis
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), everyMs)
  }

  alive(host: HostName, { load, installed }: SignOfLife, now: number): void {
    this.#latest.set(host, { seenAtMs: now, load, installed: installed ?? this.#latest.get(host)?.installed ?? null })
  }

  /** Writes what has come; while a write is under way, waits for that one instead. Never rejects. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  /** Writes what is left, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
    await this.flush()
  }

  async #write(): Promise<void> {
    const latest = [...this.#latest]
    this.#latest = new Map()
    try {
      for (let from = 0; from < latest.length; from += MAX_HEARTBEATS_PER_WRITE) {
        await write(this.#redis, latest.slice(from, from + MAX_HEARTBEATS_PER_WRITE))
      }
    } catch (error) {
      this.#log.warn({ err: error, hosts: latest.length }, 'heartbeats could not be written; the next ones make up for them')
    }
  }
}

async function write(redis: Redis, latest: readonly [HostName, Latest][]): Promise<void> {
  const installed = latest.flatMap(([host, { installed }]) => (installed ? [host, JSON.stringify(installed)] : []))
  await Promise.all([
    redis.zadd(HOSTS.seen, 'GT', ...latest.flatMap(([host, { seenAtMs }]) => [seenAtMs, host])),
    redis.hset(HOSTS.loads, ...latest.flatMap(([host, { load }]) => [host, JSON.stringify(load)])),
    ...(installed.length > 0 ? [redis.hset(HOSTS.installed, ...installed)] : []),
  ])
}
