/**
 * Signs of life on their way to Redis: the latest of each host, written together, so that ten thousand hosts cost a few commands every
 * two seconds. Owns that what a host said is written in the order in which it said it, and goes on waiting when a write fails.
 */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { HostName } from '../../../shared/ids.ts'
import { OneAtATime } from '../../../shared/one-at-a-time.ts'
import type { Heartbeats, SignOfLife } from '../../engine/ports/sessions.ts'
import { loadScript } from '../redis/script.ts'
import { HOSTS } from './keys.ts'

export const HEARTBEATS_WRITTEN_EVERY_MS = 2000
/** Hosts in one script. */
export const MAX_HEARTBEATS_PER_WRITE = 500

type Pending = SignOfLife & { seenAtMs: number }

const writeHeartbeats = loadScript<null>(new URL('./lua/heartbeats-write.lua', import.meta.url))

const KEYS = [HOSTS.epochs, HOSTS.seen, HOSTS.loads, HOSTS.installed]

export class RedisHeartbeats implements Heartbeats {
  readonly #redis: Redis
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  readonly #writes = new OneAtATime(() => this.#write())
  /** At most one per host. */
  #pending = new Map<HostName, Pending>()
  #hearingSinceMs = Date.now()

  constructor(redis: Redis, log: Logger, everyMs = HEARTBEATS_WRITTEN_EVERY_MS) {
    this.#redis = redis
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), everyMs)
  }

  alive(host: HostName, sign: SignOfLife, now: number): void {
    this.#pending.set(host, merged(this.#pending.get(host), { ...sign, seenAtMs: now }))
  }

  /** Since when everything that was heard has been written: our own start, or the end of the last trouble; Infinity while there is trouble. */
  get hearingSinceMs(): number {
    return this.#hearingSinceMs
  }

  flush(): Promise<void> {
    return this.#writes.again()
  }

  /** Writes what is left, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    const taken = [...this.#pending]
    this.#pending = new Map()
    try {
      for (let from = 0; from < taken.length; from += MAX_HEARTBEATS_PER_WRITE) {
        const args = taken.slice(from, from + MAX_HEARTBEATS_PER_WRITE).flatMap(([host, sign]) => argumentsOf(host, sign))
        await writeHeartbeats(this.#redis, KEYS, args)
      }
      if (this.#hearingSinceMs === Infinity) this.#hearingSinceMs = Date.now()
    } catch (error) {
      this.#hearingSinceMs = Infinity
      for (const [host, sign] of taken) this.#pending.set(host, merged(sign, this.#pending.get(host)))
      this.#log.warn({ err: error, hosts: taken.length }, 'heartbeats could not be written; they are written with the next ones')
    }
  }
}

/** A later session has said everything anew. */
function merged(earlier: Pending | undefined, later: Pending | undefined): Pending {
  if (!later || !earlier) return (later ?? earlier)!
  if (later.epoch !== earlier.epoch) return later.epoch > earlier.epoch ? later : earlier
  return { ...later, load: later.load ?? earlier.load, installed: later.installed ?? earlier.installed }
}

function argumentsOf(host: HostName, { epoch, seenAtMs, load, installed }: Pending): (string | number)[] {
  return [host, epoch, seenAtMs, load ? JSON.stringify(load) : '', installed ? JSON.stringify(installed) : '']
}
