/** A coordinator of its own for a benchmark, with simulated agents: real HTTP, BullMQ, Redis and gRPC, and no scripts. */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { preparePackage } from '../../cli/package/prepare.ts'
import { hasEnded } from '../../shared/states.ts'
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
  #held = 0
  /** The most hosts that held a slot at once, ever. */
  mostHeld = 0

  private constructor(dataDir: string, process: ChildProcessByStdio<null, Readable, null>, listening: Listening) {
    this.#dataDir = dataDir
    this.#process = process
    this.#listening = listening
  }

  static async start(): Promise<Site> {
    const dataDir = await mkdtemp(join(tmpdir(), 'muster-bench-'))
    const args = ['coordinator', '--data-dir', dataDir, '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0']
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

  /** Connects this many agents more. @param stepMs how long each of the four steps behind the grant takes */
  async connect(agents: number, stepMs: number): Promise<void> {
    const slots = { taken: () => (this.mostHeld = Math.max(this.mostHeld, ++this.#held)), freed: () => this.#held-- }
    for (let from = 0; from < agents; from += CONNECTING_AT_ONCE) {
      const names = Array.from({ length: Math.min(CONNECTING_AT_ONCE, agents - from) }, (_, i) => `h-${from + i}`)
      const batch = names.map((name) => new SimulatedAgent(this.#listening.grpc, name, stepMs, slots))
      this.#fleet.push(...batch)
      await Promise.all(batch.map((agent) => agent.welcomed))
    }
  }

  /** The service and these releases of it. */
  async register(versions: readonly string[]): Promise<void> {
    await this.#send('PUT', `/v1/services/${SERVICE}`, { service: SERVICE, path: '/srv/bench', hosts: 'env=bench' })
    const pack = await preparePackage(fileURLToPath(new URL('.', import.meta.url)), 'srv')
    const bytes = await readFile(pack.file)
    await pack.cleanup()
    const digest = createHash('sha256').update(bytes).digest('base64')
    const headers = { 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${digest}:` }
    const uploaded = await fetch(`${this.#url}/v1/artifacts?package=srv`, { method: 'POST', headers, body: bytes })
    const { digest: srv } = (await uploaded.json()) as { digest: string }
    for (const version of versions) await this.#send('POST', `/v1/services/${SERVICE}/releases`, { version, srv })
  }

  /** Takes hosts to a release, `window` at a time. @returns seconds. @throws Error when it does not succeed */
  async rollOut(release: string, window: number, hosts = '*'): Promise<number> {
    const began = performance.now()
    const strategy = { waves: ['100%'], concurrency: window }
    const { id } = await this.#send<{ id: string }>('POST', '/v1/rollouts', { service: SERVICE, release, hosts, strategy })
    for (;;) {
      const { phase } = (await (await fetch(`${this.#url}/v1/rollouts/${id}`)).json()) as { phase: Parameters<typeof hasEnded>[0] }
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

  get #url(): string {
    return `http://${this.#listening.http}`
  }

  async #send<T>(method: string, path: string, body: unknown): Promise<T> {
    const response = await fetch(this.#url + path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as T
  }
}
