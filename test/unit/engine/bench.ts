/** The engine on its real adapters, with a clock that the test turns and nobody at the queue: the test itself drives and sweeps. */
import { pino } from 'pino'
import { redisAudit } from '../../../coordinator/adapters/audit/audit.ts'
import { RedisHeartbeats } from '../../../coordinator/adapters/hosts/heartbeats.ts'
import { redisIdentities } from '../../../coordinator/adapters/identity/identities.ts'
import { redisMailbox } from '../../../coordinator/adapters/hosts/mailbox.ts'
import { redisHosts } from '../../../coordinator/adapters/hosts/registry.ts'
import { redisSessions } from '../../../coordinator/adapters/hosts/sessions.ts'
import { openQueue } from '../../../coordinator/adapters/queue/rollout-queue.ts'
import { bullWakeups } from '../../../coordinator/adapters/queue/wakeups.ts'
import { redisRollouts } from '../../../coordinator/adapters/redis/rollouts.ts'
import { redisStores } from '../../../coordinator/adapters/stores.ts'
import { openWebhooks } from '../../../coordinator/adapters/webhooks/webhooks.ts'
import { drive } from '../../../coordinator/engine/drive.ts'
import type { Ports } from '../../../coordinator/engine/ports/ports.ts'
import { start } from '../../../coordinator/engine/start.ts'
import type { Finding } from '../../../shared/command.ts'
import type { Before, Rollout, Task } from '../../../coordinator/rollout/state.ts'
import { serviceSchema } from '../../../shared/service.ts'
import { realRedis } from '../../conformance/real-redis.ts'
import type { RealRedis } from '../../conformance/real-redis.ts'
import { signedRelease, testKeys } from '../../keys.ts'
import type { Keys } from '../../keys.ts'
import { greeting } from '../hosts/greetings.ts'

const ARTIFACT = { digest: 'a'.repeat(64), sizeBytes: 1024, entries: 1 }
const LOAD = { load1: 0, memoryFreeBytes: 1, diskFreeBytes: 1, runningCommands: 0 }

export type Bench = ReturnType<typeof benchOn>

export async function setUp(): Promise<Bench> {
  return benchOn(await realRedis(), await testKeys())
}

/** What the host runs, as it says with its claim. */
export async function runsOn({ ports }: Bench, host: string): Promise<Before> {
  const { revision = null, version = null } = (await ports.hosts.get(host))?.installed.find(({ service }) => service === 'web') ?? {}
  return { revision, version }
}

async function catalogued({ catalogue, signer, clock }: Ports, more: Record<string, unknown>, versions: readonly string[]): Promise<void> {
  await catalogue.apply(serviceSchema.parse({ service: 'web', path: '/srv/web', ...more }), 'ann', clock())
  for (const version of versions) {
    const srv = { ...ARTIFACT, digest: version.repeat(64) }
    await catalogue.release(signedRelease(signer, { service: 'web', version, srv, cmd: ARTIFACT }, clock()))
  }
}

/** On a Redis that it stops in the end. */
export function benchOn(redis: RealRedis, { signer, seals, vault }: Keys) {
  const { commands } = redis.connections
  const log = pino({ level: 'silent' })
  const sealed = { redis: commands, seals, log }
  const queue = openQueue(redis.connections, log)
  const heartbeats = new RedisHeartbeats(commands, log)
  const registry = redisSessions(commands, 'one')
  const mailbox = redisMailbox(commands)
  let now = 1_000_000
  const audit = redisAudit(commands, () => now)
  const webhooks = openWebhooks(redis.connections, { seals, vault, clock: () => now, log })
  let claims = 0
  const ports: Ports = {
    ...redisStores(sealed), rollouts: redisRollouts(redis.connections), hosts: redisHosts(commands), mailbox, wakeups: bullWakeups(queue), audit,
    packages: { hold: async (digest) => ({ ...ARTIFACT, digest }), collect: () => Promise.reject(new Error('nothing is kept here')), retain: 10 },
    announcements: webhooks.announcements, signer, seals, clock: () => now, log,
  }
  return {
    ports, mailbox, queue, audit, identities: redisIdentities(sealed),
    leave: (host: string, epoch: number) => registry.close(host, epoch),
    /** Its session's epoch. */
    connect: (host: string, labels: Record<string, string> = greeting.labels) => registry.open(host, { ...greeting, labels }, now),
    async beat(host: string, epoch: number): Promise<void> {
      heartbeats.alive(host, { epoch, load: LOAD, installed: null }, now)
      await heartbeats.flush()
    },
    pass(ms: number): void {
      now += ms
    },
    /** The service web as it is from now on, and releases of it. */
    prepare: (more: Record<string, unknown> = {}, versions: readonly string[] = ['1']) => catalogued(ports, more, versions),
    async start(release: string, strategy: Record<string, unknown>, hosts?: string): Promise<string> {
      const { id } = await start(ports, { service: 'web', release, strategy, hosts }, { actor: 'ann', reason: null })
      await drive(ports, id)
      return id
    },
    async begin(strategy: Record<string, unknown>): Promise<string> {
      await this.prepare()
      return this.start('1', strategy)
    },
    /** What the host says that it runs. */
    async report(host: string, version: string, findings: Finding[] = []): Promise<void> {
      const runs = (await ports.hosts.get(host))?.installed.find(({ service }) => service === 'web')
      const assigned = (await ports.assignments.of('web', [host])).get(host)?.revision
      const record = await ports.catalogue.revision(assigned ?? '')
      const revision = record?.goal.version === version ? record.goal.revision : runs?.version === version ? runs.revision : `of-${version}`
      await commands.hset('{hosts}:installed', host, JSON.stringify([{ service: 'web', revision, version, findings, sinceMs: now }]))
    },
    /** The host asks for its slot, and says how it went. */
    async deploy(id: string, host: string, went: 'well' | 'wrong' = 'well', runs: Before = { revision: null, version: null }): Promise<void> {
      const { attempt, before, revision } = (await ports.rollouts.tasks(id, [host])).get(host)!
      await ports.rollouts.post(id, { type: 'ClaimRequested', host, attempt, epoch: ++claims, installed: before ?? runs })
      await drive(ports, id)
      const { release } = (await ports.rollouts.load(id))!.rollout
      if (went === 'well') await commands.hset('{hosts}:installed', host, JSON.stringify([{ service: 'web', revision, version: release, findings: [] }]))
      const failed = { verdict: 'failed', step: 'start', exitCode: 1, message: 'no', revert: 'succeeded' } as const
      await ports.rollouts.post(id, { host, attempt, ...(went === 'well' ? { type: 'TaskSucceeded', changed: true } : { type: 'TaskFailed', ...failed }) })
      await drive(ports, id)
    },
    rollout: async (id: string): Promise<Rollout> => (await ports.rollouts.load(id))!.rollout,
    task: async (id: string, host: string): Promise<Task> => (await ports.rollouts.tasks(id, [host])).get(host)!,
    async stop(): Promise<void> {
      await heartbeats.close()
      await queue.close()
      await webhooks.queue.close()
      await redis.stop()
    },
  }
}
