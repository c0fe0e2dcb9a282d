/** The engine on its real adapters, with a clock that the test turns and nobody at the queue: the test itself drives and sweeps. */
import { pino } from 'pino'
import { redisAudit } from '../../../coordinator/adapters/audit/audit.ts'
import { redisCatalogue } from '../../../coordinator/adapters/catalogue/catalogue.ts'
import { redisAssignments } from '../../../coordinator/adapters/hosts/assignments.ts'
import { RedisHeartbeats } from '../../../coordinator/adapters/hosts/heartbeats.ts'
import { redisHistory } from '../../../coordinator/adapters/hosts/history.ts'
import { redisMailbox } from '../../../coordinator/adapters/hosts/mailbox.ts'
import { redisHosts } from '../../../coordinator/adapters/hosts/registry.ts'
import { redisSessions } from '../../../coordinator/adapters/hosts/sessions.ts'
import { redisPlaces } from '../../../coordinator/adapters/places/places.ts'
import { openQueue } from '../../../coordinator/adapters/queue/rollout-queue.ts'
import { bullWakeups } from '../../../coordinator/adapters/queue/wakeups.ts'
import { redisRollouts } from '../../../coordinator/adapters/redis/rollouts.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import type { Ports } from '../../../coordinator/engine/ports/ports.ts'
import { start } from '../../../coordinator/engine/start.ts'
import type { Rollout, Task } from '../../../coordinator/rollout/state.ts'
import { serviceSchema } from '../../../shared/service.ts'
import { realRedis } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'
import { greeting } from '../hosts/greetings.ts'

const ARTIFACT = { digest: 'a'.repeat(64), sizeBytes: 1024, entries: 1 }
const LOAD = { load1: 0, memoryFreeBytes: 1, diskFreeBytes: 1, runningCommands: 0 }

export type Bench = ReturnType<typeof benchOn>

export async function setUp(): Promise<Bench> {
  return benchOn(await realRedis())
}

/** On a Redis that it stops in the end. */
export function benchOn(redis: RealRedis) {
  const { commands } = redis.connections
  const log = pino({ level: 'silent' })
  const queue = openQueue(redis.connections, log)
  const heartbeats = new RedisHeartbeats(commands, log)
  const registry = redisSessions(commands, 'one')
  const mailbox = redisMailbox(commands)
  let now = 1_000_000
  const ports: Ports = {
    rollouts: redisRollouts(redis.connections), catalogue: redisCatalogue(commands), hosts: redisHosts(commands), mailbox,
    assignments: redisAssignments(commands), history: redisHistory(commands), places: redisPlaces(commands), wakeups: bullWakeups(queue), audit: redisAudit(commands, () => now),
    announcements: { announce: async () => undefined }, clock: () => now, log,
  }
  return {
    ports, mailbox,
    /** Its session's epoch. */
    connect: (host: string) => registry.open(host, greeting, now),
    async beat(host: string, epoch: number): Promise<void> {
      heartbeats.alive(host, { epoch, load: LOAD, installed: null }, now)
      await heartbeats.flush()
    },
    pass(ms: number): void {
      now += ms
    },
    async begin(strategy: Record<string, unknown>): Promise<string> {
      await ports.catalogue.apply(serviceSchema.parse({ service: 'web', path: '/srv/web' }), 'ann', now)
      await ports.catalogue.release({ service: 'web', version: '1', srv: ARTIFACT, cmd: null, createdAtMs: now, createdBy: 'ann' })
      const { id } = await start(ports, { service: 'web', release: '1', strategy }, { actor: 'ann', reason: null })
      await drive(ports, id)
      return id
    },
    rollout: async (id: string): Promise<Rollout> => (await ports.rollouts.load(id))!.rollout,
    task: async (id: string, host: string): Promise<Task> => (await ports.rollouts.tasks(id, [host])).get(host)!,
    async stop(): Promise<void> {
      await heartbeats.close()
      await queue.close()
      await redis.stop()
    },
  }
}
