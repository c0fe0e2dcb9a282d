/** Coordinators as far as agents see them: the real edge over a real Redis. Only the engine behind it is a list of what it was told. */
import { openAsks } from '../../../coordinator/adapters/hosts/asks.ts'
import { redisDoorbell } from '../../../coordinator/adapters/hosts/doorbell.ts'
import { RedisHeartbeats } from '../../../coordinator/adapters/hosts/heartbeats.ts'
import { redisHistory } from '../../../coordinator/adapters/hosts/history.ts'
import { redisMailbox } from '../../../coordinator/adapters/hosts/mailbox.ts'
import { RedisFetches } from '../../../coordinator/adapters/hosts/fetches.ts'
import { redisOutputs } from '../../../coordinator/adapters/hosts/outputs.ts'
import { redisHosts } from '../../../coordinator/adapters/hosts/registry.ts'
import { redisSessions } from '../../../coordinator/adapters/hosts/sessions.ts'
import { createSessionServer } from '../../../coordinator/api/sessions/server.ts'
import type { SessionServerOptions } from '../../../coordinator/api/sessions/server.ts'
import { Throttled } from '../../../coordinator/api/throttled.ts'
import type { AgentReports } from '../../../coordinator/engine/ports/reports.ts'
import { silent } from '../hosts/redis-fixture.ts'
import type { RedisFixture } from '../hosts/redis-fixture.ts'
import type { Machine } from '../../keys.ts'
import { Agent, showing } from './agent.ts'
import { machinesOf, tlsOf } from './machines.ts'

type AgentEvent = Parameters<AgentReports['report']>[1]

/** Remembers what was reported. `answer` decides what becomes of a report; it may throw. */
export class Reported implements AgentReports {
  readonly events: AgentEvent[] = []
  readonly connected: string[] = []
  answer: (event: AgentEvent) => Promise<'posted' | 'unknown-rollout'> = () => Promise.resolve('posted')
  #told = Promise.withResolvers<void>()

  async report(_rollout: string, event: AgentEvent): Promise<'posted' | 'unknown-rollout'> {
    const answer = await this.answer(event)
    this.events.push(event)
    this.#tell()
    return answer
  }

  hostConnected(host: string): Promise<void> {
    this.connected.push(host)
    this.#tell()
    return Promise.resolve()
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await this.#told.promise
  }

  #tell(): void {
    this.#told.resolve()
    this.#told = Promise.withResolvers()
  }
}

export type Coordinator = Awaited<ReturnType<typeof startCoordinator>>

export async function startCoordinator(fixture: RedisFixture, id: string, options: Partial<SessionServerOptions> = {}) {
  const { commands, notices } = fixture.connect()
  const machines = await machinesOf(fixture)
  const { keys } = machines
  const tls = await tlsOf(keys)
  const reports = new Reported()
  const heartbeats = new RedisHeartbeats(commands, silent, 20)
  const fetches = new RedisFetches(commands, silent)
  const mailbox = redisMailbox(commands)
  const asks = await openAsks(commands, notices, id, silent)
  const throttled = new Throttled({ history: redisHistory(commands), clock: options.clock ?? Date.now, log: options.log ?? silent })
  const server = createSessionServer({
    registry: redisSessions(commands, id), mailbox, heartbeats, fetches, reports,
    doorbell: redisDoorbell(notices, id), asks, outputs: redisOutputs(commands), history: redisHistory(commands),
    offers: { of: () => Promise.resolve({ manifest: { digest: 'ef'.repeat(32), sizeBytes: 1 }, delta: null }) }, sources: { of: () => Promise.resolve([]) },
    signer: keys.signer, trust: () => keys.authority.trust(), clock: Date.now, log: silent,
    credentials: tls.credentials, machines: { authority: keys.authority, identities: machines.identities }, throttled,
    ...options,
  })
  const port = await server.listen({ host: '127.0.0.1', port: 0 })
  const agents: Agent[] = []
  return {
    id, port, server, throttled, asks, reports, mailbox, heartbeats, fetches,
    hosts: redisHosts(commands),
    outputs: redisOutputs(commands),
    history: redisHistory(commands),
    machines,
    /** Shows its own certificate, if it is given no other; null: none. */
    agent(host: string, shown: Promise<Machine | null> = machines.of(host)): Agent {
      const agent = new Agent(port, host, shown.then((machine) => showing(tls.authority, machine)))
      agents.push(agent)
      return agent
    },
    async stop() {
      agents.forEach((agent) => agent.drop())
      await server.close(2000)
      tls.close()
      await heartbeats.close()
      await fetches.close()
    },
  }
}
