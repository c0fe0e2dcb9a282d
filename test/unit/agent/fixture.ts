/** A host of its own for a test: directories, a coordinator, packages that are fetched as pieces, and the real agent as a process that may be killed. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFailed } from 'vitest'
import type { Action, Command, Goal } from '../../../shared/command.ts'
import type { FixtureEntry } from '../artifacts/tar-fixture.ts'
import { testKeys } from '../../keys.ts'
import { TestArtifacts } from './artifacts.ts'
import { command, HOST } from './commands.ts'
import { TestCoordinator } from './coordinator.ts'
import type { Policy } from './coordinator.ts'
import { SwarmSite } from './swarm-site.ts'
import { enrolled } from '../machine/shown.ts'

const MAIN = fileURLToPath(new URL('../../../agent/main.ts', import.meta.url))

/** By name; `stop`, `start` and `check` are always there. */
export type Scripts = Record<string, string>

export class TestHost {
  readonly dir: string
  readonly artifacts = new TestArtifacts()
  /** Where packages are fetched. */
  readonly site: SwarmSite
  readonly coordinator: TestCoordinator
  /** All that were ever started, the present one last. */
  readonly #agents: ChildProcess[] = []
  #disposed = false
  #log = ''

  private constructor(dir: string, site: SwarmSite, coordinator: TestCoordinator) {
    this.dir = dir
    this.site = site
    this.coordinator = coordinator
  }

  /** Has joined already. */
  static async create(policy: Partial<Policy> = {}): Promise<TestHost> {
    const site = await SwarmSite.open()
    const coordinator = new TestCoordinator(HOST, { of: () => Promise.resolve(site.sources) }, policy)
    const dir = await mkdtemp(join(tmpdir(), 'muster-agent-'))
    await enrolled(await testKeys(), join(dir, 'agent/identity'), HOST, await coordinator.listen())
    const host = new TestHost(dir, site, coordinator)
    coordinator.offers = {
      of: async ({ digest, bases }) => {
        await site.put(host.artifacts.bytes(digest))
        return await site.granted(HOST, digest, bases)
      },
    }
    onTestFailed(() => console.error(host.log))
    return host
  }

  /** Where the service under test lives. */
  get servicePath(): string {
    return join(this.dir, 'root/srv/web')
  }

  get ledgerFile(): string {
    return join(this.dir, 'ledger')
  }

  /** What the agent has logged, for a test that fails. */
  get log(): string {
    return this.#log
  }

  start(...flags: string[]): ChildProcess {
    if (this.#disposed) throw new Error('the test is over')
    const settings = ['--host', HOST, '--data-dir', join(this.dir, 'agent'), '--root', join(this.dir, 'root'), '--labels', 'dc=fra,port=4711']
    const agent = spawn(process.execPath, [MAIN, ...settings, '--kill-grace', '300ms', '--peers', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    agent.stdout.on('data', (chunk: Buffer) => (this.#log += chunk.toString()))
    agent.stderr.on('data', (chunk: Buffer) => (this.#log += chunk.toString()))
    this.#agents.push(agent)
    return agent
  }

  /** Ends the present agent. Resolves with its exit code; null: the signal ended it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    return await end(this.#agents.at(-1)!, signal)
  }

  /** A release whose scripts write `<command id> <step> <version>` to the ledger before they do what is given. */
  release(version: string, scripts: Scripts = {}, more: Partial<Goal> = {}): Goal {
    const names = new Set(['stop', 'start', 'check', ...Object.keys(scripts)])
    const files = [...names].map((name): FixtureEntry => {
      const content = `#!/bin/sh\necho "$MUSTER_COMMAND $MUSTER_STEP $MUSTER_VERSION" >>"${this.ledgerFile}"\n${scripts[name] ?? ''}\n`
      return { path: name, mode: 0o755, content }
    })
    const srv = this.artifacts.pack([{ path: 'app', type: 'Directory', mode: 0o755 }, { path: 'app/version', content: version }])
    return { revision: `rev-${version}`, version, srv, cmd: this.artifacts.pack(files), variables: {}, instances: {}, run: null, check: null, steps: {}, release: null, ...more }
  }

  async deploy(attempt: number, goal: Goal | null, more: Partial<Command> = {}): Promise<Command> {
    const sent = command({ id: `web-1/${HOST}/${attempt}`, goal, ...more })
    this.coordinator.send(sent)
    return sent
  }

  send(rollout: string, attempt: number | string, action: Action, more: Partial<Command> = {}): Command {
    const sent = command({ id: `${rollout}/${HOST}/${attempt}`, rollout, action, ...more })
    this.coordinator.send(sent)
    return sent
  }

  /** Has a release unpacked by an attempt that is withdrawn, so that a short time-out of the next is spent on scripts alone. */
  async unpack(attempt: number, goal: Goal): Promise<Goal> {
    this.coordinator.policy.grant = false
    const { id } = await this.deploy(attempt, goal)
    await this.coordinator.hear('claim', (claim) => claim.id === id)
    this.coordinator.say({ kind: 'withdraw', id })
    await this.coordinator.result(id)
    this.coordinator.policy.grant = true
    return goal
  }

  async ledger(): Promise<string[]> {
    return (await readFile(this.ledgerFile, 'utf8').catch(() => '')).split('\n').slice(0, -1)
  }

  async dispose(): Promise<void> {
    this.#disposed = true
    await Promise.all(this.#agents.map((agent) => end(agent, 'SIGKILL')))
    this.coordinator.close()
    await rm(this.dir, { recursive: true, force: true })
  }
}

async function end(agent: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (agent.exitCode === null && agent.signalCode === null) {
    agent.kill(signal)
    await once(agent, 'exit')
  }
  return agent.exitCode
}
