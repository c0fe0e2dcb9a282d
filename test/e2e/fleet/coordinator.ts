/** A real coordinator, and the Redis that it starts. Its ports stay the same over restarts, so that everybody finds it again. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Daemon } from './daemon.ts'
import { adminDoor } from './key-directory.ts'
import type { Door } from './reach.ts'
import { until } from './until.ts'

export type CoordinatorOptions = { flags?: readonly string[]; env?: NodeJS.ProcessEnv }

/** Addresses, as HOST:PORT. */
type Listening = { http: string; grpc: string; pieces: string }

/** Short, so that nobody waits for a sign of life. */
const HEARTBEAT_MS = 500

export class Coordinator {
  readonly dataDir: string
  readonly daemon: Daemon
  readonly #flags: readonly string[]
  #listening: Listening | null = null

  constructor(dir: string, { flags = [], env = process.env }: CoordinatorOptions = {}) {
    this.dataDir = join(dir, 'coordinator')
    this.#flags = flags
    this.daemon = new Daemon({ logFile: join(dir, 'coordinator.log'), env })
  }

  /** Resolves when it listens; it may be started again after it was killed or stopped. */
  async start(): Promise<void> {
    const { http, grpc, pieces } = this.#listening ?? { http: '127.0.0.1:0', grpc: '127.0.0.1:0', pieces: '127.0.0.1:0' }
    const where = ['--data-dir', this.dataDir, '--http', http, '--grpc', grpc, '--pieces', pieces]
    this.daemon.start(['coordinator', ...where, '--heartbeat-ms', String(HEARTBEAT_MS), ...this.#flags])
    this.#listening = await this.daemon.logged('listening') as Listening
  }

  /** HOST:PORT of its HTTP edge. */
  get http(): string {
    return this.#known.http
  }

  /** The administrator's. */
  get door(): Door {
    return adminDoor(this.#known.http, this.#keyDir)
  }

  /** What lets `muster` in as the administrator. */
  get env(): NodeJS.ProcessEnv {
    const { url, token, ca } = this.door
    if (token === null || ca === null) return { MUSTER_URL: url }
    const file = join(this.dataDir, 'authority.crt')
    writeFileSync(file, ca)
    return { MUSTER_URL: url, MUSTER_TOKEN: token, MUSTER_CA: file }
  }

  get #keyDir(): string {
    const at = this.#flags.indexOf('--key-dir')
    return (at === -1 ? undefined : this.#flags[at + 1]) ?? join(this.dataDir, 'keys')
  }

  get grpc(): string {
    return this.#known.grpc
  }

  /** HOST:PORT where packages are fetched. */
  get pieces(): string {
    return this.#known.pieces
  }

  get redisSocket(): string {
    return join(this.dataDir, 'redis', 'redis.sock')
  }

  /** kill -9 of the coordinator's own Redis. Resolves when another one runs. */
  async killRedis(): Promise<void> {
    const pid = this.#redisPid()
    process.kill(pid, 'SIGKILL')
    await until('another Redis', () => this.#redisPid() !== pid)
  }

  #redisPid(): number {
    const pid = Number(readFileSync(join(this.dataDir, 'redis', 'redis.pid'), 'utf8'))
    if (pid > 1) return pid
    throw new Error('the pid file of Redis has no pid')
  }

  get #known(): Listening {
    if (this.#listening === null) throw new Error('the coordinator has never listened')
    return this.#listening
  }
}
