/** `muster relay` as a process: from a join token to a host that fetches through it, what a kill leaves, and what it says where it cannot work. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, beforeEach, expect, onTestFailed, test, vi } from 'vitest'
import { configSchema } from '../../../relay/config.ts'
import { loadConfig } from '../../../shared/config.ts'
import type { RelayReport, RelayReportAnswer } from '../../../shared/distribution/relay-report.ts'
import { problem } from '../../../shared/errors.ts'
import type { Peer } from '../../../shared/pieces/tls.ts'
import { testKeys } from '../../keys.ts'
import { Doorkeeper } from '../machine/doorkeeper.ts'
import { bundleOf, Site } from '../pieces/site.ts'
import type { Bundle } from '../pieces/site.ts'
import { Asking, origin, temporary } from './relays.ts'
import type { Running } from './relays.ts'

vi.setConfig({ testTimeout: 60_000 })

const MAIN = join(import.meta.dirname, '../../../relay/main.ts')

let site: Site
let bundle: Bundle
let door: Doorkeeper
beforeAll(async () => {
  site = await Site.open()
  bundle = await bundleOf(6, 50_000)
})
beforeEach(async () => {
  door = await Doorkeeper.open(await testKeys())
})
afterEach(() => door.close())

const inBase64 = (der: Uint8Array[]): string[] => der.map((one) => Buffer.from(one).toString('base64'))

/** A coordinator as relays see it. */
async function coordinator() {
  const reports: { from: Peer; report: RelayReport }[] = []
  const asked = new Map<string, number>()
  let hears = true
  const piece = (digest: string): Promise<Buffer | null> => {
    asked.set(digest, (asked.get(digest) ?? 0) + 1)
    return Promise.resolve(bundle.all.get(digest) ?? null)
  }
  const running = await origin(site, piece, {
    onReport(from, report): Promise<RelayReportAnswer> {
      reports.push({ from, report })
      if (!hears) throw problem('identity_unknown', 'r1 has no identity here')
      const { authorities, signers } = site.keys.authority.trust()
      return Promise.resolve({ authorities: inBase64(authorities), signers: inBase64(signers), upstreams: [running.source], siblings: [report.url] })
    },
  })
  return { ...running, reports, asked, deaf: () => (hears = false) }
}

class Process {
  readonly child: ChildProcess
  readonly dir: string
  #log = ''
  readonly #waiting: { pattern: RegExp; found: (line: string) => void }[] = []

  constructor(dir: string, flags: string[]) {
    this.dir = dir
    const settings = ['--name', 'r1', '--data-dir', join(dir, 'relay'), '--listen', '127.0.0.1:0', ...flags]
    this.child = spawn(process.execPath, [MAIN, ...settings], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      createInterface(stream).on('line', (line) => {
        this.#log += `${line}\n`
        for (const { pattern, found } of this.#waiting) if (pattern.test(line)) found(line)
      })
    }
    onTestFailed(() => console.error(this.#log))
    started.push(this)
  }

  get log(): string {
    return this.#log
  }

  async logged(pattern: RegExp): Promise<string> {
    const line = this.#log.split('\n').find((one) => pattern.test(one))
    return line ?? await new Promise<string>((found) => this.#waiting.push({ pattern, found }))
  }

  async where(): Promise<Running['where']> {
    const { url } = JSON.parse(await this.logged(/"listening/)) as { url: string }
    return { url, expected: { role: 'relay', host: 'r1' } }
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal)
      await once(this.child, 'close')
    }
    return this.child.exitCode
  }
}

let started: Process[] = []
afterEach(async () => {
  for (const one of started) await one.end('SIGKILL')
  started = []
})

/** Whole pieces on its disk. */
async function kept(dir: string): Promise<string[]> {
  const names = await readdir(join(dir, 'relay/pieces'), { recursive: true })
  return names.map((name) => basename(name)).filter((name) => bundle.all.has(name))
}

async function fetchAll(where: Running['where'], host: string): Promise<void> {
  const asking = await Asking.open(site, host, bundle)
  expect((await asking.root(where)).kind).toBe('root')
  for (const index of bundle.at.keys()) expect((await asking.piece(where, index)).kind).toBe('piece')
}

test('it joins, is told whose grants are good, and gives out what it fetches; killed, it has that still, and needs no token', async () => {
  const { reports, asked, where: { url } } = await coordinator()
  const dir = await temporary()
  const first = new Process(dir, ['--join', door.written(), '--coordinator', url, '--dc', 'fra'])
  await first.logged(/heard by a coordinator/)
  const where = await first.where()
  await fetchAll(where, 'h1')
  expect(reports[0]).toMatchObject({ from: { role: 'relay', host: 'r1' }, report: { url: where.url, dc: 'fra', upstream: null, figures: { cacheMaxBytes: 20 * 1024 ** 3 } } })
  await vi.waitUntil(async () => (await kept(dir)).length === bundle.all.size, 10_000)
  await first.end('SIGKILL')
  const before = new Map(asked)
  const second = new Process(dir, ['--coordinator', url])
  await second.logged(/heard by a coordinator/)
  await fetchAll(await second.where(), 'h2')
  expect(asked).toEqual(before)
  expect(await second.end('SIGTERM')).toBe(0)
  expect((await readdir(join(dir, 'relay'))).sort()).toEqual(['identity', 'pieces'])
})

test('before a coordinator has heard it, it is not ready and gives out nothing', async () => {
  const dir = await temporary()
  const deaf = await coordinator()
  deaf.deaf()
  const relay = new Process(dir, ['--join', door.written(), '--coordinator', deaf.where.url, '--metrics', '127.0.0.1:0'])
  expect(await relay.logged(/no coordinator hears this relay/)).toContain('r1 has no identity here')
  const answer = await (await Asking.open(site, 'h1', bundle)).once(await relay.where(), 1)
  expect(answer.kind).toBe('busy')
  const metrics = (JSON.parse(await relay.logged(/"metrics"/)) as { metrics: string }).metrics
  expect((await fetch(`http://${metrics}/health`)).status).toBe(503)
  expect(await (await fetch(`http://${metrics}/metrics`)).text()).toMatch(/^muster_relay_answers_refused_total 1$/m)
})

test('one line says what is wrong', async () => {
  const relay = new Process(await temporary(), [])
  await once(relay.child, 'close')
  const message = 'this relay has not joined, and there is no --join; expected a join token: muster token create --role relay'
  expect([relay.child.exitCode, relay.log]).toEqual([2, `muster relay: ${message}\n`])
})

test.each([
  ['egress', 'fast', '--egress: "fast" is not a size; expected for instance 500MB or 2GiB'],
  ['egress', '0', '--egress: expected bytes a second, for instance 50MB'],
  ['cache', 'all', '--cache: "all" is not a size; expected for instance 500MB or 2GiB'],
  ['advertise', 'http://x', '--advertise: expected a URL such as https://relay-fra.example.com:4610'],
  ['listen', '4610', '--listen: "4610" is not an address; expected HOST:PORT such as 0.0.0.0:4610'],
  ['name', 'Fra', '--name: expected lower-case letters, digits, dots and dashes, at most 63'],
  ['dc', 'a b', '--dc: expected the label dc of the hosts, such as fra'],
])('--%s %s', (name, value, message) => {
  expect(() => loadConfig(configSchema, { envPrefix: 'MUSTER_RELAY', flags: { [name]: value }, env: {}, file: null })).toThrow(message)
})
