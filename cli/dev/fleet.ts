/** The daemons of `muster dev`: started one after the other, waited for, watched over, and stopped in order. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { problem } from '../../shared/errors.ts'
import type { Client } from '../client.ts'
import { Daemon } from './daemon.ts'
import { END_WITHIN_MS, endProcessesUnder } from './leftovers.ts'
import { LOOPBACK } from './ports.ts'
import type { Site } from './site.ts'

/** A process that starts needs most of a core for a moment. */
export const STAGGER_MS = 150
export const READY_WITHIN_MS = 60_000
export const READY_WITHIN_PER_AGENT_MS = 1000
const ASK_AGAIN_MS = 150

export class Fleet {
  readonly #site: Site
  readonly #coordinator: Daemon
  readonly #agents: Daemon[]
  readonly #death = Promise.withResolvers<never>()

  constructor(site: Site, onLine: (name: string, line: string) => void) {
    this.#site = site
    const { dir, http, grpc, hosts } = site
    const daemon = (name: string, args: string[], cwd: string) => new Daemon({
      name, args, cwd, onLine, logFile: join(dir, 'logs', `${name}.log`),
      onDeath: (reason) => this.#death.reject(problem('unavailable', reason, { expected: this.#whereLogsAre() })),
    })
    const home = join(dir, 'coordinator')
    this.#coordinator = daemon('coordinator', ['coordinator', '--data-dir', home, '--http', `${LOOPBACK}:${http}`, '--grpc', `${LOOPBACK}:${grpc}`], home)
    this.#agents = hosts.map(({ host, dataDir, root, labels }) => daemon(host, [
      'agent', '--coordinator', `${LOOPBACK}:${grpc}`, '--host', host, '--data-dir', dataDir, '--root', root, '--labels', labels,
    ], dataDir))
    this.#death.promise.catch(() => {})
  }

  /** Rejects when a daemon is dead for good. */
  get death(): Promise<never> {
    return this.#death.promise
  }

  get pids(): { coordinator: number | null; agents: (number | null)[] } {
    return { coordinator: this.#coordinator.pid, agents: this.#agents.map(({ pid }) => pid) }
  }

  /** Resolves when the API answers and every agent is connected. @throws MusterError unavailable, or what `signal` aborts with */
  async start(client: Client, signal: AbortSignal): Promise<void> {
    // Of an earlier run on this directory that could not stop them.
    await endProcessesUnder(this.#daemonDirs())
    const deadline = AbortSignal.timeout(READY_WITHIN_MS + READY_WITHIN_PER_AGENT_MS * this.#agents.length)
    const over = new AbortController()
    try {
      await Promise.race([this.death, this.#startAll(client, AbortSignal.any([signal, deadline, over.signal]))])
    } catch (error) {
      if (signal.aborted || !deadline.aborted) throw error
      throw problem('unavailable', 'the daemons were not ready in time', { expected: this.#whereLogsAre() })
    } finally {
      over.abort()
    }
    for (const daemon of [this.#coordinator, ...this.#agents]) daemon.keepAlive()
  }

  /** Agents, then the coordinator, then what is left. `hurry` shortens every wait. @returns pids that cannot be ended */
  async stop(hurry: AbortSignal): Promise<number[]> {
    await Promise.all(this.#agents.map((agent) => agent.stop(hurry)))
    await this.#coordinator.stop(hurry)
    return endProcessesUnder(this.#site.temporary ? [this.#site.dir] : this.#daemonDirs(), hurry.aborted ? 0 : END_WITHIN_MS)
  }

  /** Of the daemons alone: what they have deployed lies elsewhere, and may go on without them. */
  #daemonDirs(): string[] {
    return [join(this.#site.dir, 'coordinator'), join(this.#site.dir, 'agents')]
  }

  #whereLogsAre(): string {
    const { dir, temporary } = this.#site
    return temporary ? 'with --data-dir DIR the logs are kept in DIR/logs' : `the logs are in ${join(dir, 'logs')}`
  }

  async #startAll(client: Client, signal: AbortSignal): Promise<void> {
    this.#coordinator.start()
    await until(async () => (await client.health()).status === 'ok', signal)
    for (const agent of this.#agents) {
      agent.start()
      await sleep(STAGGER_MS, undefined, { signal })
    }
    const expected = new Set(this.#site.hosts.map(({ host }) => host))
    await until(async () => {
      const { hosts } = await client.hosts({ limit: 1000 })
      return hosts.filter(({ host, status }) => status === 'connected' && expected.has(host)).length === expected.size
    }, signal)
  }
}

/** Asks until the answer is yes; no answer is a no. */
async function until(ask: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!await ask().catch(() => false)) await sleep(ASK_AGAIN_MS, undefined, { signal })
}
