/**
 * A whole Muster for a test: a real coordinator with its own Redis, real agents, and nothing of it left afterwards, however the test ends.
 * Any part can be killed and started again at any time.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import type { HostView } from '../../shared/api/host.ts'
import type { RolloutView, TaskPageView, TaskView } from '../../shared/api/rollout.ts'
import type { TokenCreatedView } from '../../shared/api/token.ts'
import { Agent } from './fleet/agent.ts'
import type { AgentOptions } from './fleet/agent.ts'
import { Api } from './fleet/api.ts'
import { muster } from './fleet/command-line.ts'
import type { Ran } from './fleet/command-line.ts'
import { Coordinator } from './fleet/coordinator.ts'
import type { CoordinatorOptions } from './fleet/coordinator.ts'
import { feed } from './fleet/feed.ts'
import { freePorts } from './fleet/ports.ts'
import { endRemains } from './fleet/remains.ts'
import { until } from './fleet/until.ts'

export type FleetOptions = CoordinatorOptions & {
  hosts: number
  /** More labels of a host, besides its ports and its rack. */
  labels?: (host: string) => Record<string, string>
  agent?: (host: string) => AgentOptions
}

/** Services that one fleet can hold: each has a port of its own on every host, in the label p0, p1, … */
export const MAX_SERVICES = 20
const LOG_SHOWN_CHARS = 6000
/** Agents that start together: all at once they would keep each other, and everybody else, waiting. */
const STARTED_AT_ONCE = 10

/** Those that have not been stopped, also such as have not become whole. */
const fleets = new Set<Fleet>()

/** To be called once at the top of a test file: shows all logs when a test has failed, and stops every fleet in the end, whatever has happened. */
export function stopFleetsAfterwards(): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    for (const fleet of fleets) console.error(`logs of "${task.name}" end with\n${await fleet.logs()}`)
  })
  afterAll(async () => {
    await Promise.all([...fleets].map((fleet) => fleet.stop()))
  })
}

export class Fleet {
  readonly dir: string
  readonly coordinator: Coordinator
  readonly agents = new Map<string, Agent>()
  #services = 0

  private constructor(dir: string, options: CoordinatorOptions) {
    this.dir = dir
    this.coordinator = new Coordinator(dir, options)
  }

  /** Resolves when every host h1, h2, … is connected. */
  static async start({ hosts, labels = () => ({}), agent = () => ({}), ...options }: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(await mkdtemp(join(tmpdir(), 'muster-e2e-')), options)
    fleets.add(fleet)
    await fleet.coordinator.start()
    const firstPort = await freePorts(Math.max(1, hosts) * MAX_SERVICES)
    for (let index = 0; index < hosts; index++) {
      const host = `h${index + 1}`
      const ports = Array.from({ length: MAX_SERVICES }, (_, service) => [`p${service}`, String(firstPort + index * MAX_SERVICES + service)])
      fleet.agents.set(host, new Agent(fleet.dir, host, { ...Object.fromEntries(ports), rack: `r${index % 2}`, ...labels(host) }, agent(host)))
    }
    for (let first = 0; first < hosts; first += STARTED_AT_ONCE) await fleet.#started(fleet.hosts.slice(first, first + STARTED_AT_ONCE))
    return fleet
  }

  /** A host that nobody has known so far. Resolves when it is connected. */
  async join(host: string, labels: Record<string, string>, options?: AgentOptions): Promise<void> {
    this.agents.set(host, new Agent(this.dir, host, labels, options))
    await this.#started([host])
  }

  async #started(hosts: readonly string[]): Promise<void> {
    await this.#invite(hosts)
    for (const host of hosts) this.agent(host).start(this.coordinator.grpc)
    await this.connected(hosts)
  }

  /** Each gets a token for its name alone, and keeps who it is from then on. */
  async #invite(hosts: readonly string[]): Promise<void> {
    for (const host of hosts) {
      const { text } = await this.api.post<TokenCreatedView>('/v1/tokens', { role: 'agent', hosts: host })
      this.agent(host).invite(text)
    }
  }

  /** Ends every process that the fleet has led to and removes every file. */
  async stop(): Promise<void> {
    await endRemains(this.dir)
    await rm(this.dir, { recursive: true, force: true })
    fleets.delete(this)
  }

  get api(): Api {
    return new Api(this.coordinator.door)
  }

  get hosts(): string[] {
    return [...this.agents.keys()]
  }

  agent(host: string): Agent {
    const agent = this.agents.get(host)
    if (agent === undefined) throw new Error(`there is no host ${host}`)
    return agent
  }

  /** Kills an agent and starts it again. */
  async restartAgent(host: string): Promise<void> {
    await this.agent(host).daemon.kill()
    this.agent(host).start(this.coordinator.grpc)
  }

  async restartCoordinator(): Promise<void> {
    await this.coordinator.daemon.kill()
    await this.coordinator.start()
  }

  /** Which of a host's port labels the next service takes. */
  nextPortLabel(): string {
    if (this.#services === MAX_SERVICES) throw new Error(`a fleet holds ${MAX_SERVICES} services`)
    return `p${this.#services++}`
  }

  async connected(hosts: readonly string[] = this.hosts): Promise<void> {
    await until(`${hosts.join(', ')} connected`, async () => {
      const { hosts: known } = await this.api.get<{ hosts: HostView[] }>('/v1/hosts?limit=1000')
      return hosts.every((host) => known.some((one) => one.host === host && one.status === 'connected'))
    })
  }

  /** Runs the command line against this coordinator. */
  async muster(...args: string[]): Promise<Ran> {
    return muster(args, this.coordinator.env)
  }

  rollout(id: string): Promise<RolloutView> {
    return this.api.get(`/v1/rollouts/${id}`)
  }

  /** By host. */
  async tasks(id: string): Promise<Map<string, TaskView>> {
    const { tasks } = await this.api.get<TaskPageView>(`/v1/rollouts/${id}/tasks?limit=1000`)
    return new Map(tasks.map((task) => [task.host, task]))
  }

  /** The rollout as it is once `holds`, which is asked after every change that its feed tells of. */
  async rolloutWhen(id: string, what: string, holds: (rollout: RolloutView) => boolean, withinMs?: number): Promise<RolloutView> {
    const now = await this.rollout(id)
    if (holds(now)) return now
    for await (const _change of feed(this.coordinator.door, id, withinMs)) {
      const then = await this.rollout(id)
      if (holds(then)) return then
    }
    throw new Error(`${id} has ended and was never ${what}: ${JSON.stringify(await this.rollout(id))}`)
  }

  /** The rollout once it has ended. */
  async ended(id: string, withinMs?: number): Promise<RolloutView> {
    await Array.fromAsync(feed(this.coordinator.door, id, withinMs))
    return this.rollout(id)
  }

  /** How the logs of all daemons end. */
  async logs(): Promise<string> {
    const names = (await readdir(this.dir).catch(() => [])).filter((name) => name.endsWith('.log'))
    const ends = await Promise.all(names.map(async (name) => `== ${name}\n${(await readFile(join(this.dir, name), 'utf8')).slice(-LOG_SHOWN_CHARS)}`))
    return ends.join('\n')
  }
}
