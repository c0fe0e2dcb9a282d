/** A Redis of a test's own: a real server on a socket in a temporary directory, gone with its connections when the test is done. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { pino } from 'pino'
import { connectRedis } from '../../../coordinator/adapters/redis/connection.ts'
import type { RedisConnections } from '../../../coordinator/adapters/redis/connection.ts'

export const silent = pino({ level: 'silent' })

export type RedisFixture = {
  redis: Redis
  /** Further connections, as another coordinator has them. */
  connect(): RedisConnections
  stop(): Promise<void>
}

export async function startRedis(): Promise<RedisFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-hosts-'))
  const socket = join(directory, 'redis.sock')
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory], { stdio: 'ignore' })
  await once(server, 'spawn')
  const opened: RedisConnections[] = []
  const connect = (): RedisConnections => {
    const connections = connectRedis(socket, silent)
    opened.push(connections)
    return connections
  }
  const redis = connect().commands
  await redis.ping()
  return {
    redis,
    connect,
    async stop() {
      opened.forEach((connections) => connections.close())
      const exit = once(server, 'exit')
      server.kill('SIGKILL')
      await exit
      await rm(directory, { recursive: true, force: true })
    },
  }
}
