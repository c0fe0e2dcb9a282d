/** A real Redis for a test: private, on a unix socket in a directory of its own, gone with everything that it wrote afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import type { Logger } from 'pino'
import { connectRedis } from '../../coordinator/adapters/redis/connection.ts'
import type { RedisConnections } from '../../coordinator/adapters/redis/connection.ts'
import { PrivateServer } from '../../coordinator/adapters/redis/private-server.ts'

export const silent: Logger = pino({ level: 'silent' })

export type RealRedis = {
  server: PrivateServer
  connections: RedisConnections
  dataDir: string
  /** Kills the server without warning, once there is one; it is started again on the same data. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export async function realRedis(): Promise<RealRedis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'muster-test-'))
  const server = await PrivateServer.start(dataDir, silent)
  const connections = connectRedis(server.url, silent)
  return {
    server, connections, dataDir,
    async kill() {
      while (server.pid === null) await sleep(5)
      process.kill(server.pid, 'SIGKILL')
    },
    async stop() {
      connections.close()
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
