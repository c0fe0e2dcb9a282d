/**
 * Muster in the lab: a coordinator with its Redis on one host, a relay on some, an agent on each of the others, as an operator would start them. They meet over the lab's
 * network; what a benchmark asks of the coordinator goes another way, so that it takes nothing of any link.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostView } from '../../shared/api/host.ts'
import type { TokenCreatedView } from '../../shared/api/token.ts'
import type { MachineRole } from '../../shared/identity/names.ts'
import { Api } from '../e2e/fleet/api.ts'
import { muster } from '../e2e/fleet/command-line.ts'
import { Daemon } from '../e2e/fleet/daemon.ts'
import { adminDoor } from '../e2e/fleet/key-directory.ts'
import { reach } from '../e2e/fleet/reach.ts'
import type { Door } from '../e2e/fleet/reach.ts'
import { until } from '../e2e/fleet/until.ts'
import { doorway } from './doorway.ts'
import type { Host } from './lab.ts'
import { within } from './namespace.ts'
import { program } from './program.ts'

const PORTS = { http: 4600, grpc: 4601, pieces: 4602, relay: 4610 }
const RELAY_METRICS = '127.0.0.1:4612'
/** A script that does nothing: what is looked at here is over before any runs. */
const NOTHING = '#!/bin/sh\n'

/** `preload`: a module that the process loads before anything else. */
export type AgentOptions = { labels?: Record<string, string>; preload?: string; flags?: readonly string[] }

export class MusterInLab {
  readonly api: Api
  readonly #origin: Host
  readonly #dir: string
  readonly #door: Door
  readonly #close: () => void
  readonly #daemons = new Map<string, Daemon>()
  readonly #stopped = new AbortController()

  private constructor(origin: Host, dir: string, door: Door, close: () => void) {
    this.#origin = origin
    this.#dir = dir
    this.#door = door
    this.#close = close
    this.api = new Api(door)
  }

  /** Resolves when the coordinator listens. @param dir for everybody's files */
  static async start(origin: Host, dir: string, flags: readonly string[] = []): Promise<MusterInLab> {
    const dataDir = join(dir, 'coordinator')
    const daemon = new Daemon({ logFile: join(dir, 'coordinator.log'), within: within(origin.namespace) })
    const at = (what: 'http' | 'grpc' | 'pieces'): string[] => [`--${what}`, `${origin.address}:${PORTS[what]}`]
    daemon.start(['coordinator', '--data-dir', dataDir, ...at('http'), ...at('grpc'), ...at('pieces'), ...flags])
    await daemon.logged('listening')
    const { address, close } = await doorway(origin, PORTS.http, join(dir, 'door'))
    const site = new MusterInLab(origin, dir, adminDoor(address, join(dataDir, 'keys')), close)
    site.#daemons.set(origin.name, daemon)
    return site
  }

  /** Idle agents with nothing in their caches. Resolves when all are connected. */
  async agents(hosts: readonly Host[], optionsOf: (host: Host) => AgentOptions = () => ({})): Promise<void> {
    const token = await this.#token('agent', hosts.length)
    for (const host of hosts) {
      const { labels = {}, preload, flags = [] } = optionsOf(host)
      const env = preload === undefined ? process.env : { ...process.env, NODE_OPTIONS: `--import ${preload}` }
      const pairs = Object.entries({ env: 'lab', ...labels }).map(([key, value]) => `${key}=${value}`).join(',')
      const where = ['--coordinator', `${this.#origin.address}:${PORTS.grpc}`, '--root', join(this.#dirOf(host), 'root')]
      this.#start(host, ['agent', ...where, '--host', host.name, '--labels', pairs, '--join', token, ...flags], env)
    }
    await until(`agents on ${hosts.map(({ name }) => name).join(', ')}`, async () => {
      const { hosts: known } = await this.api.get<{ hosts: HostView[] }>('/v1/hosts?limit=1000')
      return hosts.every(({ name }) => known.some(({ host, status }) => host === name && status === 'connected'))
    })
  }

  /** A relay of a datacenter. Resolves when it gives out pieces. */
  async relay(host: Host, dc: string): Promise<void> {
    const token = await this.#token('relay', 1)
    const daemon = this.#start(host, ['relay', '--name', host.name, '--listen', `${host.address}:${PORTS.relay}`, '--dc', dc, '--metrics', RELAY_METRICS, '--join', token])
    await daemon.logged('heard by a coordinator')
  }

  /** A service on all hosts of the lab, whose release 1 is one file of these bytes. @returns the digest of the package */
  async release(service: string, bytes: Buffer): Promise<string> {
    await this.api.put(`/v1/services/${service}`, { service, path: `/srv/${service}`, hosts: 'env=lab' })
    const program = join(this.#dir, 'srv')
    const scripts = join(this.#dir, 'cmd')
    for (const dir of [program, scripts]) mkdirSync(dir, { recursive: true })
    writeFileSync(join(program, 'release'), bytes)
    for (const step of ['stop', 'start', 'check']) writeFileSync(join(scripts, step), NOTHING, { mode: 0o755 })
    const ca = join(this.#dir, 'authority.crt')
    writeFileSync(ca, this.#door.ca!)
    const env = { MUSTER_URL: this.#door.url, MUSTER_TOKEN: this.#door.token!, MUSTER_CA: ca }
    const { code, stdout, stderr } = await muster(['release', 'create', service, '1', '--srv', program, '--cmd', scripts, '--json'], env)
    if (code !== 0) throw new Error(`muster release create ended with ${code}: ${stderr}`)
    return (JSON.parse(stdout) as { release: { srv: { digest: string } } }).release.srv.digest
  }

  /** Of pieces, that the coordinator's own relay has sent so far. */
  async sentBytes(): Promise<number> {
    const text = await (await reach(this.#door, '/metrics')).text()
    return valueIn(text, 'muster_relay_sent_to_hosts_bytes_total') + valueIn(text, 'muster_relay_sent_to_relays_bytes_total')
  }

  /** Of pieces, that the relay on this host has fetched so far. */
  async fetchedBytes(host: Host): Promise<number> {
    const read = `process.stdout.write(await (await fetch('http://${RELAY_METRICS}/metrics')).text())`
    const { child, ended } = program(host, process.execPath, ['--input-type=module', '--eval', read])
    let said = ''
    child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await ended
    return valueIn(said, 'muster_relay_fetched_bytes_total')
  }

  get door(): Door {
    return this.#door
  }

  /** Aborted when it is stopped. */
  get signal(): AbortSignal {
    return this.#stopped.signal
  }

  /** What the daemon on this host has written. */
  log(host: Host): string {
    return readFileSync(join(this.#dir, `${host.name}.log`), 'utf8')
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#close()
    await Promise.all([...this.#daemons.values()].map((daemon) => daemon.kill()))
    await this.#origin.empty()
  }

  #start(host: Host, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Daemon {
    mkdirSync(join(this.#dirOf(host), 'root'), { recursive: true })
    const daemon = new Daemon({ logFile: join(this.#dir, `${host.name}.log`), env, within: within(host.namespace) })
    daemon.start([...args, '--data-dir', join(this.#dirOf(host), 'data')])
    this.#daemons.set(host.name, daemon)
    return daemon
  }

  #dirOf({ name }: Host): string {
    return join(this.#dir, 'hosts', name)
  }

  async #token(role: MachineRole, uses: number): Promise<string> {
    const { text } = await this.api.post<TokenCreatedView>('/v1/tokens', { role, uses })
    const file = join(this.#dir, `token-${role}-${Math.random().toString(36).slice(2)}`)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
}

/** @throws Error when it is not among these metrics */
function valueIn(metrics: string, name: string): number {
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]
  if (value === undefined) throw new Error(`no ${name} among the metrics`)
  return Number(value)
}
