/** A real agent, which takes one directory for a whole host. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Daemon } from './daemon.ts'

/** `flags`: more settings. `env`: of its process. */
export type AgentOptions = { flags?: readonly string[]; env?: NodeJS.ProcessEnv }

export class Agent {
  readonly host: string
  readonly labels: Readonly<Record<string, string>>
  readonly daemon: Daemon
  readonly #dir: string
  readonly #flags: readonly string[]

  constructor(dir: string, host: string, labels: Record<string, string>, { flags = [], env = process.env }: AgentOptions = {}) {
    this.host = host
    this.labels = labels
    this.#dir = join(dir, 'hosts', host)
    this.#flags = flags
    this.daemon = new Daemon({ logFile: join(dir, `${host}.log`), env })
  }

  /** Gives it a join token, which it needs once. */
  invite(token: string): void {
    mkdirSync(this.#dir, { recursive: true })
    writeFileSync(this.#joinFile, token, { mode: 0o600 })
  }

  /** What the owner of the host allows there, as YAML; read by the agent that starts next. */
  limit(policy: string): void {
    mkdirSync(this.#dir, { recursive: true })
    writeFileSync(this.#policyFile, policy, { mode: 0o600 })
  }

  /** Returns at once; the fleet says when the host is there. `coordinator`: HOST:PORT of its gRPC edge. */
  start(coordinator: string): void {
    mkdirSync(this.real('/'), { recursive: true })
    const labels = Object.entries(this.labels).map(([key, value]) => `${key}=${value}`).join(',')
    this.daemon.start([
      'agent', '--coordinator', coordinator, '--host', this.host, '--data-dir', this.dataDir, '--root', this.real(''),
      '--labels', labels, '--kill-grace', '1s', ...this.#flags,
      ...existsSync(this.#joinFile) ? ['--join', this.#joinFile] : [], ...existsSync(this.#policyFile) ? ['--policy', this.#policyFile] : [],
    ])
  }

  get dataDir(): string {
    return join(this.#dir, 'agent')
  }

  get #policyFile(): string {
    return join(this.#dir, 'policy.yaml')
  }

  get #joinFile(): string {
    return join(this.#dir, 'join-token')
  }

  /** Where a path of this host really lies. */
  real(path: string): string {
    return join(this.#dir, 'root', path)
  }
}
