/**
 * The coordinator's connections to Redis. Owns that a Redis which goes away never ends the process: every connection comes back by
 * itself, and says once that it went and once that it is back.
 */
import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import { redisAddress, withoutPassword } from './address.ts'
import { Notices } from './notices.ts'

export const MAX_RECONNECT_DELAY_MS = 1000
/** Reconnections that a command waits for, some ten seconds in all, before it fails: a Redis that is restarted is not noticed. */
export const COMMAND_PATIENCE = 14
export const CONNECT_TIMEOUT_MS = 5000
/** Without an answer for this long a connection counts as dead: its peer has vanished without a word. */
export const ANSWER_TIMEOUT_MS = 10_000

export type RedisConnections = {
  /** Commands and scripts. A command fails after COMMAND_PATIENCE; wrap ports with `sayUnavailable` so that people are told what that means. */
  commands: Redis
  /** Pub/sub, on one connection however many listen. */
  notices: Notices
  /** A connection of its own for adding jobs to BullMQ. */
  forQueue(): Redis
  /** One for BullMQ's workers, which wait for Redis as long as it takes. */
  forWorker(): Redis
  /** Lets go of all of them; what was under way fails. */
  close(): void
}

type Patience = Pick<RedisOptions, 'maxRetriesPerRequest' | 'socketTimeout'>

/**
 * Returns at once and connects in the background; `checkServer` is what waits for the answer.
 * @param url as `redisAddress` takes it @throws MusterError config_invalid
 */
export function connectRedis(url: string, log: Logger): RedisConnections {
  const address = redisAddress(url)
  const opened: Redis[] = []
  const open = (purpose: string, patience: Patience): Redis => {
    const redis = new Redis(address, {
      connectionName: `muster-${purpose}`, connectTimeout: CONNECT_TIMEOUT_MS, retryStrategy: reconnectDelayMs, ...patience,
    })
    report(redis, log.child({ redis: withoutPassword(address), connection: purpose }))
    opened.push(redis)
    return redis
  }
  const impatient: Patience = { maxRetriesPerRequest: COMMAND_PATIENCE, socketTimeout: ANSWER_TIMEOUT_MS }
  const patient: Patience = { maxRetriesPerRequest: null }
  return {
    commands: open('commands', impatient),
    notices: new Notices(open('notices', patient), log),
    forQueue: () => open('queue', impatient),
    forWorker: () => open('worker', patient),
    close: () => opened.forEach((redis) => redis.disconnect()),
  }
}

/** Doubles up to the bound, with jitter, so that coordinators do not come back all at once. */
export function reconnectDelayMs(times: number): number {
  const delayMs = Math.min(MAX_RECONNECT_DELAY_MS, 25 * 2 ** times)
  return Math.round(delayMs * (0.75 + Math.random() / 4))
}

/** An 'error' without a listener would end the process. One line when it goes, one when it is back; the attempts in between are for debugging. */
function report(redis: Redis, log: Logger): void {
  let isDown = false
  redis.on('error', (error: Error) => {
    log[isDown ? 'debug' : 'warn']({ reason: error.message }, 'Redis does not answer; trying again')
    isDown = true
  })
  redis.on('ready', () => {
    if (isDown) log.info('Redis answers again')
    isDown = false
  })
}
