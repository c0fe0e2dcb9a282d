/**
 * The coordinator's connections to Redis. Owns that a Redis which goes away never ends the process: every connection comes back by
 * itself, and says once that it went and once that it is back.
 */
import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import { redisAddress, withoutPassword } from './address.ts'
import { MasterRedis } from './master.ts'
import type { DriverOptions } from './master.ts'
import { Notices } from './notices.ts'
import { sentinelAddress } from './sentinel-address.ts'

export const MAX_RECONNECT_DELAY_MS = 1000
/** Reconnections that a command waits for, some ten seconds in all, before it fails: a Redis that is restarted is not noticed. */
export const COMMAND_PATIENCE = 14
export const CONNECT_TIMEOUT_MS = 5000
/** The same in time, for a driver that goes on asking sentinels where the master is. */
export const COMMAND_WITHIN_MS = 15_000
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
  /** Another server than before answers `commands`, and it may have forgotten what was not confirmed by replicas. Of a private Redis, never. */
  onOtherServer(listener: () => void): void
  /** Lets go of all of them; what was under way fails. */
  close(): void
}

/** `replicas`: how many must have a change before `commands` answers. `isPrivate`: it is started again on all that it has ever answered. */
export type ConnectionOptions = { replicas?: number; isPrivate?: boolean }

type Patience = Pick<RedisOptions, 'maxRetriesPerRequest' | 'socketTimeout' | 'commandTimeout'>

/**
 * Returns at once and connects in the background; `checkServer` is what waits for the answer.
 * @param url as `redisAddress` or `sentinelAddress` take it @throws MusterError config_invalid
 */
export function connectRedis(url: string, log: Logger, { replicas = 0, isPrivate = true }: ConnectionOptions = {}): RedisConnections {
  const sentinels = sentinelAddress(url)
  const address = sentinels ?? redisAddress(url)
  const opened: Redis[] = []
  const listeners: (() => void)[] = []
  const prepared = <Client extends Redis>(purpose: string, client: Client): Client => {
    report(client, log.child({ redis: withoutPassword(url), connection: purpose }))
    opened.push(client)
    return client
  }
  const optionsOf = (purpose: string, patience: Patience): DriverOptions => ({
    connectionName: `muster-${purpose}`, connectTimeout: CONNECT_TIMEOUT_MS, retryStrategy: reconnectDelayMs, reconnectOnError: isNoMaster,
    ...(sentinels === null ? {} : SENTINEL_OPTIONS), ...patience,
  })
  const open = (purpose: string, patience: Patience) => prepared(purpose, new Redis(address as string, optionsOf(purpose, patience)))
  const impatient: Patience = {
    maxRetriesPerRequest: COMMAND_PATIENCE, socketTimeout: ANSWER_TIMEOUT_MS, ...(sentinels === null ? {} : { commandTimeout: COMMAND_WITHIN_MS }),
  }
  const patient: Patience = { maxRetriesPerRequest: null }
  const onOtherServer = () => listeners.forEach((listener) => listener())
  const master = () => prepared('commands', new MasterRedis(address, optionsOf('commands', impatient), { replicas, onOtherServer }))
  return {
    commands: isPrivate ? open('commands', impatient) : master(),
    notices: new Notices(open('notices', patient), log),
    forQueue: () => open('queue', impatient),
    forWorker: () => open('worker', patient),
    onOtherServer: (listener) => void listeners.push(listener),
    close: () => opened.forEach((redis) => redis.disconnect()),
  }
}

/**
 * Sentinels are asked again until one knows the master. The driver's own listening for another master stays off: its news, when it comes while the
 * driver is about to connect again by itself, ends the connection for good. A master that is none any more is found by READONLY or by silence.
 */
const SENTINEL_OPTIONS = {
  sentinelRetryStrategy: reconnectDelayMs, sentinelReconnectStrategy: reconnectDelayMs, sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
} satisfies RedisOptions

/** A master that was made a replica of another one. */
function isNoMaster(error: Error): boolean {
  return error.message.startsWith('READONLY')
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
