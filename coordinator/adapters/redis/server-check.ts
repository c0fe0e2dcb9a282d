/** Looks at a server before anything relies on it: too old is refused; settings that could lose what was acknowledged are named. Changes nothing. */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { problem } from '../../../shared/errors.ts'

export const OLDEST_REDIS = 7

type Setting = { name: string; isSafe: (value: string) => boolean; advice: string }

const SETTINGS: readonly Setting[] = [
  {
    name: 'appendonly', isSafe: (value) => value === 'yes',
    advice: 'CONFIG SET appendonly yes: without the append-only file a crash of Redis forgets rollouts that were acknowledged',
  },
  {
    name: 'appendfsync', isSafe: (value) => value === 'always',
    advice: 'CONFIG SET appendfsync always: otherwise a crash of the machine may forget the last second or two of acknowledged changes',
  },
  {
    name: 'maxmemory-policy', isSafe: (value) => value === 'noeviction',
    advice: 'CONFIG SET maxmemory-policy noeviction: any other lets Redis throw away rollouts and jobs when memory runs short',
  },
]

/** `replicas`: how many must have what is acknowledged. */
export type Expected = { replicas: number; hasSentinels: boolean }

/**
 * Waits for the server to answer, for as long as commands of `redis` do.
 * @throws MusterError config_invalid when it is too old, and the driver's error when it does not answer
 */
export async function checkServer(redis: Redis, log: Logger, expected: Expected = { replicas: 0, hasSentinels: false }): Promise<void> {
  const { server, version } = parseVersion(await redis.info('server'))
  if (Number.parseInt(version, 10) < OLDEST_REDIS) {
    throw problem('config_invalid', `${server} ${version} is too old`, { field: 'redis', expected: `Redis ${OLDEST_REDIS} or later, or Valkey` })
  }
  log.info({ version }, `${server} ${version} answers`)
  for (const setting of SETTINGS) {
    const value = await readSetting(redis, setting.name)
    if (value === null) log.warn(`cannot read ${setting.name} of ${server}; if it is not set so already: ${setting.advice}`)
    else if (!setting.isSafe(value)) log.warn(`${server} has ${setting.name} ${value || '""'}; ${setting.advice}`)
  }
  for (const warning of await replication(redis, expected)) log.warn(warning)
}

/** What speaks against the promise that a fail-over loses nothing that was acknowledged. */
async function replication(redis: Redis, { replicas, hasSentinels }: Expected): Promise<string[]> {
  if (replicas === 0) return hasSentinels ? ['a fail-over may lose the last acknowledged changes; --redis-replicas 1 waits for a replica'] : []
  const connected = Number(/^connected_slaves:(\d+)/m.exec(await redis.info('replication'))?.[1] ?? 0)
  const demanded = await readSetting(redis, 'min-replicas-to-write')
  return [
    ...(connected < replicas ? [`Redis has ${connected} of the ${replicas} replicas that confirm changes; until it has them nothing is acknowledged`] : []),
    ...(Number(demanded ?? replicas) < replicas
      ? [`Redis has min-replicas-to-write ${demanded}; CONFIG SET min-replicas-to-write ${replicas}: otherwise a master that is cut off goes on taking changes`]
      : []),
  ]
}

/** Valkey tells 7.2.4 as its `redis_version`, for clients that look at it; what people know is its own. */
export function parseVersion(info: string): { server: string; version: string } {
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1]
  if (valkey !== undefined) return { server: 'Valkey', version: valkey }
  return { server: 'Redis', version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? '0' }
}

/** Null: the server does not say, as hosted ones do not. */
async function readSetting(redis: Redis, name: string): Promise<string | null> {
  try {
    const reply = await redis.config('GET', name)
    return reply[1] ?? null
  } catch {
    return null
  }
}
