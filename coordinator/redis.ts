/** The Redis that a coordinator works on: the one that it was given, or a private one in its data directory. */
import type { Logger } from 'pino'
import { problem } from '../shared/errors.ts'
import { withoutPassword } from './adapters/redis/address.ts'
import { connectRedis } from './adapters/redis/connection.ts'
import type { ConnectionOptions, RedisConnections } from './adapters/redis/connection.ts'
import { PrivateServer } from './adapters/redis/private-server.ts'
import { sentinelAddress } from './adapters/redis/sentinel-address.ts'
import { checkServer } from './adapters/redis/server-check.ts'
import { unavailable } from './adapters/redis/unavailable.ts'
import type { Config } from './config.ts'
import type { Part } from './parts.ts'

/** Resolves once it answers; what has to be closed again is in `parts`. @throws MusterError redis_missing, config_invalid, unavailable */
export async function reachRedis(config: Config, log: Logger, parts: Part[]): Promise<RedisConnections> {
  if (config.redis === undefined) return answeringRedis(await privateRedis(config['data-dir'], log, parts), { isPrivate: true, replicas: 0 }, log, parts)
  return answeringRedis(config.redis, { isPrivate: false, replicas: config['redis-replicas'] }, log, parts)
}

async function answeringRedis(url: string, options: Required<ConnectionOptions>, log: Logger, parts: Part[]): Promise<RedisConnections> {
  const redis = connectRedis(url, log, options)
  parts.push(redis)
  try {
    await checkServer(redis.commands, log, { replicas: options.replicas, hasSentinels: sentinelAddress(url) !== null })
    return redis
  } catch (error) {
    if (unavailable(error) === null) throw error
    throw problem('unavailable', `no Redis answers at ${withoutPassword(url)}`, {
      field: '--redis',
      expected: 'the address of a running Redis',
    })
  }
}

async function privateRedis(dataDir: string, log: Logger, parts: Part[]): Promise<string> {
  const server = await PrivateServer.start(dataDir, log)
  parts.push({ close: () => server.stop() })
  return server.url
}
