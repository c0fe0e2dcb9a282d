/** A Redis as a company runs it: a master, replicas, and sentinels that promote one of them when the master is gone. All real, on free ports. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePorts } from '../e2e/fleet/ports.ts'
import { until } from '../e2e/fleet/until.ts'

const SERVERS = 3
const SENTINELS = 3
const MASTER = 'muster'
/** How long a master must be silent before sentinels count it as gone. */
const DOWN_AFTER_MS = 1000

export type ReplicatedRedis = {
  /** Of the sentinels. */
  url: string
  ports: number[]
  /** Port of the master that the sentinels know. */
  master(): Promise<number>
  signal(port: number, signal: NodeJS.Signals): void
  /** Sets something on every server. */
  configure(setting: string, value: string): Promise<void>
  stop(): Promise<void>
}

/** Resolves when the replicas have caught up and every sentinel knows of the others. */
export async function replicatedRedis(): Promise<ReplicatedRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-replicas-'))
  const first = await freePorts(SERVERS + SENTINELS)
  const ports = Array.from({ length: SERVERS }, (_, i) => first + i)
  const sentinels = Array.from({ length: SENTINELS }, (_, i) => first + SERVERS + i)
  const processes = new Map<number, ChildProcess>()
  const start = async (port: number, lines: string[], more: string[] = []) => {
    await mkdir(join(dir, String(port)))
    const file = join(dir, String(port), 'redis.conf')
    await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${join(dir, String(port))}`, ...lines, ''].join('\n'))
    processes.set(port, spawn('redis-server', [file, ...more], { stdio: 'ignore' }))
  }
  for (const port of ports) {
    const role = port === ports[0] ? [] : [`replicaof 127.0.0.1 ${ports[0]}`]
    await start(port, ['appendonly yes', 'appendfsync always', 'save ""', 'maxmemory-policy noeviction', 'repl-diskless-sync-delay 0', ...role])
  }
  await until('the replicas have caught up', async () => /^slave0:.*state=online[^]*^slave1:.*state=online/m.test(await asked(ports[0]!, 'INFO', 'replication')))
  for (const port of sentinels) {
    const settings = [`down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`, `failover-timeout ${MASTER} 5000`]
    await start(port, [`sentinel monitor ${MASTER} 127.0.0.1 ${ports[0]} 2`, ...settings.map((setting) => `sentinel ${setting}`)], ['--sentinel'])
  }
  for (const port of sentinels) {
    await until('the sentinels know each other', async () => /slaves=2,sentinels=3/.test(await asked(port, 'INFO', 'sentinel')))
  }
  const signal = (port: number, name: NodeJS.Signals) => void processes.get(port)?.kill(name)
  return {
    url: `redis+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(',')}/${MASTER}`,
    ports,
    signal,
    master: async () => Number((await asked(sentinels[0]!, 'SENTINEL', 'get-master-addr-by-name', MASTER)).split(',')[1]),
    async configure(setting, value) {
      for (const port of ports) await asked(port, 'CONFIG', 'SET', setting, value)
    },
    async stop() {
      for (const child of processes.values()) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** One command and its reply as a text, on a connection of its own. @throws when nobody answers */
async function asked(port: number, command: string, ...args: string[]): Promise<string> {
  const redis = new Redis({ host: '127.0.0.1', port, retryStrategy: () => null, maxRetriesPerRequest: 0, commandTimeout: 5000, enableReadyCheck: false })
  redis.on('error', () => undefined)
  try {
    return String(await redis.call(command, ...args))
  } finally {
    redis.disconnect()
  }
}
