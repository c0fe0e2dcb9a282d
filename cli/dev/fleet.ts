/** The daemons of `muster dev`: started one after the other, waited for, watched over, and stopped in order. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { problem } from '../../shared/errors.ts'
import { Client } from '../client.ts'
import type { Endpoint } from '../transport.ts'
import { adminOf } from './admin.ts'
import { Daemon } from './daemon.ts'
import { END_WITHIN_MS, endProcessesUnder } from './leftovers.ts'
import { LOOPBACK } from './ports.ts'
import type { Site } from './site.ts'

/** A process that starts needs most of a core for a moment. */
export const STAGGER_MS = 150
export const READY_WITHIN_MS = 60_000
export const READY_WITHIN_PER_AGENT_MS = 1000
const ASK_AGAIN_MS = 150
/** Longer than agents may take to join. */
const JOIN_TTL = '15m'

export class Fleet {
  readonly #site: Site
  readonly #coordinator: Daemon
  readonly #agents: Daemon[]
  readonly #death = Promise.withResolvers<never>()

  constructor(site: Site, onLine: (name: string, line: string) => void) {
    this.#site = site
    const { dir, http, grpc, pieces, hosts } = site
    const daemon = (name: string, args: string[], cwd: string) => new Daemon({
      name, args, cwd, onLine, logFile: join(dir, 'logs', `${name}.log`),
      onDeath: (reason) => this.#death.reject(problem('unavailable', reason, { expected: this.#whereLogsAre() })),
    })
    const home = join(dir, 'coordinator')
    const at = (port: number): string => `${LOOPBACK}:${port}`
    this.#coordinator = daemon('coordinator', ['coordinator', '--data-dir', home, '--http', at(http), '--grpc', at(grpc), '--pieces', at(pieces)], home)
    this.#agents = hosts.map(({ host, dataDir, root, labels }) => daemon(host, [
      'agent', '--join', this.#joinFile, '--coordinator', at(grpc),
      '--host', host, '--data-dir', dataDir, '--root', root, '--labels', labels,
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

  /** Resolves when the API answers and every agent is connected. @returns the administrator's @throws MusterError unavailable, or what `signal` aborts with */
  async start(signal: AbortSignal): Promise<Endpoint> {
    // Of an earlier run on this directory that could not stop them.
    await endProcessesUnder(this.#daemonDirs())
    const deadline = AbortSignal.timeout(READY_WITHIN_MS + READY_WITHIN_PER_AGENT_MS * this.#agents.length)
    const over = new AbortController()
    try {
      const admin = await Promise.race([this.death, this.#startAll(AbortSignal.any([signal, deadline, over.signal]))])
      for (const daemon of [this.#coordinator, ...this.#agents]) daemon.keepAlive()
      return admin
    } catch (error) {
      if (signal.aborted || !deadline.aborted) throw error
      throw problem('unavailable', 'the daemons were not ready in time', { expected: this.#whereLogsAre() })
    } finally {
      over.abort()
    }
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

  async #startAll(signal: AbortSignal): Promise<Endpoint> {
    this.#coordinator.start()
    const admin = await found(() => this.#admin(signal), signal)
    const client = new Client(admin, signal)
    await this.#invite(client)
    for (const agent of this.#agents) {
      agent.start()
      await sleep(STAGGER_MS, undefined, { signal })
    }
    const expected = new Set(this.#site.hosts.map(({ host }) => host))
    await until(async () => {
      const { hosts } = await client.hosts({ limit: 1000 })
      return hosts.filter(({ host, status }) => status === 'connected' && expected.has(host)).length === expected.size
    }, signal)
    return admin
  }

  /** Null: not yet. */
  async #admin(signal: AbortSignal): Promise<Endpoint | null> {
    const admin = await adminOf(this.#site)
    return (await new Client(admin, signal).whoami()).role === 'admin' ? admin : null
  }

  /** One token for all agents; those that have joined before leave it alone. */
  async #invite(client: Client): Promise<void> {
    const { text } = await client.createToken({ role: 'agent', uses: this.#agents.length, ttl: JOIN_TTL, hosts: 'dev-*', replace: true })
    await writeFile(this.#joinFile, `${text}\n`, { mode: 0o600 })
  }

  get #joinFile(): string {
    return join(this.#site.dir, 'join-token')
  }
}

/** Asks until the answer is yes; no answer is a no. */
async function until(ask: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  await found(async () => await ask() || null, signal)
}

/** Looks until it is there. */
async function found<T>(look: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const one = await look().catch(() => null)
    if (one !== null) return one
    await sleep(ASK_AGAIN_MS, undefined, { signal })
  }
}
