/** A coordinator of its own for a benchmark, with simulated agents: real HTTP, BullMQ, Redis and gRPC, and no scripts. */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { preparePackage } from '../../cli/package/prepare.ts'
import { hasEnded } from '../../shared/states.ts'
import { Api } from '../e2e/fleet/api.ts'
import { adminDoor } from '../e2e/fleet/key-directory.ts'
import { enrol } from './enrolment.ts'
import { SimulatedAgent } from './simulated-agent.ts'

const MUSTER = fileURLToPath(new URL('../../bin/muster', import.meta.url))
const CONNECTING_AT_ONCE = 100
const LOOK_EVERY_MS = 100
const TICKS_PER_SECOND = 100
const SERVICE = 'bench'

type Listening = { http: string; grpc: string }
export type Cpu = { coordinatorS: number; redisS: number }

export class Site {
  readonly #dataDir: string
  readonly #process: ChildProcessByStdio<null, Readable, null>
  readonly #listening: Listening
  readonly #fleet: SimulatedAgent[] = []
  /** What hosts prove themselves with, h-0, h-1, … */
  readonly #enrolled = new Map<string, ChannelCredentials>()
  readonly #api: Api
  #held = 0
  /** The most hosts that held a slot at once, ever. */
  mostHeld = 0

  private constructor(dataDir: string, process: ChildProcessByStdio<null, Readable, null>, listening: Listening) {
    this.#dataDir = dataDir
    this.#process = process
    this.#listening = listening
    this.#api = new Api(adminDoor(listening.http, join(dataDir, 'keys')))
  }

  static async start(): Promise<Site> {
    const dataDir = await mkdtemp(join(tmpdir(), 'muster-bench-'))
    const args = ['coordinator', '--data-dir', dataDir, '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', '--pieces', '127.0.0.1:0']
    const child = spawn(MUSTER, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: child.stdout })) {
      const entry = JSON.parse(line) as { msg: string } & Listening
      if (entry.msg !== 'listening') continue
      child.stdout.resume()
      return new Site(dataDir, child, entry)
    }
    throw new Error('the coordinator ended before it listened')
  }

  async stop(): Promise<void> {
    for (const agent of this.#fleet) agent.close()
    this.#process.kill('SIGTERM')
    await new Promise((resolve) => this.#process.once('exit', resolve))
    await rm(this.#dataDir, { recursive: true, force: true })
  }

  /** Has hosts enrol until this many have, so that connecting them costs nothing else. Prints how long that took. */
  async enrol(agents: number): Promise<void> {
    const began = performance.now()
    const names = Array.from({ length: agents }, (_, i) => `h-${i}`).filter((name) => !this.#enrolled.has(name))
    if (names.length === 0) return
    for (const [name, own] of await enrol(this.#api, names)) this.#enrolled.set(name, own)
    console.error(`${names.length} hosts have enrolled in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  }

  /** Connects this many agents more. @param stepMs how long each of the four steps behind the grant takes */
  async connect(agents: number, stepMs: number): Promise<void> {
    const first = this.#fleet.length
    await this.enrol(first + agents)
    const slots = { taken: () => (this.mostHeld = Math.max(this.mostHeld, ++this.#held)), freed: () => this.#held-- }
    for (let from = 0; from < agents; from += CONNECTING_AT_ONCE) {
      const names = Array.from({ length: Math.min(CONNECTING_AT_ONCE, agents - from) }, (_, i) => `h-${first + from + i}`)
      const batch = names.map((name) => new SimulatedAgent(this.#listening.grpc, this.#enrolled.get(name)!, name, stepMs, slots))
      this.#fleet.push(...batch)
      await Promise.all(batch.map((agent) => agent.welcomed))
    }
  }

  /** The service and these releases of it. */
  async register(versions: readonly string[]): Promise<void> {
    await this.#api.put(`/v1/services/${SERVICE}`, { service: SERVICE, path: '/srv/bench', hosts: 'env=bench' })
    const pack = await preparePackage(fileURLToPath(new URL('.', import.meta.url)), 'srv')
    const bytes = await readFile(pack.file)
    await pack.cleanup()
    const { body: { digest: srv } } = await this.#api.upload('srv', bytes)
    for (const version of versions) await this.#api.post(`/v1/services/${SERVICE}/releases`, { version, srv })
  }

  /** Takes hosts to a release, `window` at a time. @returns seconds. @throws Error when it does not succeed */
  async rollOut(release: string, window: number, { hosts = '*', prefetch = false } = {}): Promise<number> {
    const began = performance.now()
    const strategy = { waves: ['100%'], concurrency: window, prefetch }
    const { id } = await this.#api.post<{ id: string }>('/v1/rollouts', { service: SERVICE, release, hosts, strategy })
    for (;;) {
      const { phase } = await this.#api.get<{ phase: Parameters<typeof hasEnded>[0] }>(`/v1/rollouts/${id}`)
      if (phase === 'succeeded') return (performance.now() - began) / 1000
      if (hasEnded(phase)) throw new Error(`the rollout ended ${phase}`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  /** Processor time so far, proc(5): fields 14 and 15 of stat. */
  async cpu(): Promise<Cpu> {
    const of = async (pid: number) => {
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    }
    const redisPid = Number((await readFile(join(this.#dataDir, 'redis', 'redis.pid'), 'utf8')).trim())
    return { coordinatorS: await of(this.#process.pid!), redisS: await of(redisPid) }
  }

  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#process.pid!}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
  }
}
