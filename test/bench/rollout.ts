/**
 * How fast a coordinator takes a rollout over a fleet: real HTTP, BullMQ, Redis and gRPC; agents that run no scripts. Prints hosts per second, the
 * most slots that hosts held at once against the window, and what coordinator and Redis cost.
 *
 *   npm run bench:rollout -- [--agents 2000] [--window 500] [--step-ms 50] [--json]
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { preparePackage } from '../../cli/package/prepare.ts'
import { hasEnded } from '../../shared/states.ts'
import { report } from './report.ts'
import type { Measure } from './report.ts'
import { SimulatedAgent } from './simulated-agent.ts'

const MUSTER = fileURLToPath(new URL('../../bin/muster', import.meta.url))
const CONNECTING_AT_ONCE = 100
const LOOK_EVERY_MS = 200
const TICKS_PER_SECOND = 100

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '2000' }, window: { type: 'string', default: '500' },
    'step-ms': { type: 'string', default: '50' }, json: { type: 'boolean', default: false },
  },
})
const agents = Number(values.agents)
const window = Number(values.window)
const stepMs = Number(values['step-ms'])

type Listening = { http: string; grpc: string }

const dataDir = await mkdtemp(join(tmpdir(), 'muster-bench-'))
const coordinator = spawn(MUSTER, ['coordinator', '--data-dir', dataDir, '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] })
try {
  const listening = await ready()
  const url = `http://${listening.http}`
  const measures = await measure(url, listening.grpc)
  report(measures, values.json)
} finally {
  coordinator.kill('SIGTERM')
  await new Promise((resolve) => coordinator.once('exit', resolve))
  await rm(dataDir, { recursive: true, force: true })
}
process.exit()

async function ready(): Promise<Listening> {
  for await (const line of createInterface({ input: coordinator.stdout })) {
    const entry = JSON.parse(line) as { msg: string } & Listening
    if (entry.msg === 'listening') {
      coordinator.stdout.resume()
      return entry
    }
  }
  throw new Error('the coordinator ended before it listened')
}

async function measure(url: string, grpc: string): Promise<Measure[]> {
  let held = 0
  let most = 0
  const slots = { taken: () => (most = Math.max(most, ++held)), freed: () => held-- }
  const connectBegan = performance.now()
  const fleet: SimulatedAgent[] = []
  for (let i = 0; i < agents; i += CONNECTING_AT_ONCE) {
    const batch = Array.from({ length: Math.min(CONNECTING_AT_ONCE, agents - i) }, (_, k) => new SimulatedAgent(grpc, `h-${i + k}`, stepMs, slots))
    fleet.push(...batch)
    await Promise.all(batch.map((agent) => agent.welcomed))
  }
  const connectS = (performance.now() - connectBegan) / 1000
  await register(url)
  const cpuBefore = await cpuSeconds()
  const began = performance.now()
  const phase = await rollOut(url)
  const seconds = (performance.now() - began) / 1000
  const cpuAfter = await cpuSeconds()
  if (phase !== 'succeeded') throw new Error(`the rollout ended ${phase}`)
  const rss = await residentBytes()
  for (const agent of fleet) agent.close()
  const of = (metric: string, value: number, unit: string): Measure => ({ bench: 'rollout', case: `${agents} hosts, window ${window}`, system: 'muster', metric, value, unit })
  const floor = (4 * stepMs * Math.ceil(agents / window)) / 1000
  return [
    of('connected', agents / connectS, 'hosts/s'),
    of('rolled out', agents / seconds, 'hosts/s'),
    of('time', seconds, 's'),
    of('time over that of the scripts alone', seconds / floor, 'ratio'),
    of('most slots held at once', most, 'hosts'),
    of('coordinator', ((cpuAfter.coordinator - cpuBefore.coordinator) / agents) * 1000, 'ms CPU/host'),
    of('redis', ((cpuAfter.redis - cpuBefore.redis) / agents) * 1000, 'ms CPU/host'),
    of('coordinator resident', rss / 1e6, 'MB'),
  ]
}

async function register(url: string): Promise<void> {
  await send('PUT', `${url}/v1/services/bench`, { service: 'bench', path: '/srv/bench', hosts: 'env=bench' })
  const pack = await preparePackage(fileURLToPath(new URL('.', import.meta.url)), 'srv')
  const bytes = await readFile(pack.file)
  await pack.cleanup()
  const digest = createHash('sha256').update(bytes).digest('base64')
  const headers = { 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${digest}:` }
  const uploaded = await fetch(`${url}/v1/artifacts?package=srv`, { method: 'POST', headers, body: bytes })
  const { digest: srv } = (await uploaded.json()) as { digest: string }
  await send('POST', `${url}/v1/services/bench/releases`, { version: '1', srv })
}

async function rollOut(url: string): Promise<string> {
  const { id } = await send<{ id: string }>('POST', `${url}/v1/rollouts`, { service: 'bench', release: '1', strategy: { waves: ['100%'], concurrency: window } })
  for (;;) {
    const { phase } = (await (await fetch(`${url}/v1/rollouts/${id}`)).json()) as { phase: Parameters<typeof hasEnded>[0] }
    if (hasEnded(phase)) return phase
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

async function send<T>(method: string, url: string, body: unknown): Promise<T> {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${url}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Processor time so far, proc(5): fields 14 and 15 of stat. */
async function cpuSeconds(): Promise<{ coordinator: number; redis: number }> {
  const of = async (pid: number) => {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }
  return { coordinator: await of(coordinator.pid!), redis: await of(await redisPid()) }
}

/** The private server is the coordinator's only child of that name. */
async function redisPid(): Promise<number> {
  const pids = await readFile(join(dataDir, 'redis', 'redis.pid'), 'utf8')
  return Number(pids.trim())
}

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${coordinator.pid!}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}
