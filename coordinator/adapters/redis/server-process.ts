/**
 * One redis-server process. Owns how it is started: what an acknowledged write survives, that it ends with its parent, and that no second one
 * ever runs on the same data.
 */
import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Logger } from 'pino'
import { problem } from '../../../shared/errors.ts'
import type { ServerPlace } from './server-place.ts'

/** Of the server's last lines, how many an error shows. */
export const LINES_KEPT = 8
const HOW_TO_GET_ONE =
  'apt-get install redis-server (Debian, Ubuntu), dnf install valkey (Fedora), brew install redis (macOS); or --redis URL of one that runs'
/** flock's way to say that another server holds the data. */
const OCCUPIED = 75

/** How it ended. `occupied`: it never ran, because another one holds the data. */
export type ServerEnd = { outcome: 'occupied' } | { outcome: 'ended'; why: string }

export type ServerProcess = { pid: number; ended: Promise<ServerEnd> }

/** @throws MusterError redis_missing; unavailable when the system refuses to start it */
export async function startServer(place: ServerPlace, log: Logger): Promise<ServerProcess> {
  const server = (await onPath('redis-server')) ?? (await onPath('valkey-server'))
  if (server === null) {
    throw problem('redis_missing', 'neither redis-server nor valkey-server is on the PATH', { expected: HOW_TO_GET_ONE })
  }
  const [command, ...args] = [...(await guards(place)), server, ...settings(place)]
  // A session of its own: Ctrl-C is for us, and we stop the server when nobody needs it any more.
  const child = spawn(command!, args, { cwd: place.dir, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.debug({ line }, 'redis-server')
      lines.push(line)
      if (lines.length > LINES_KEPT) lines.shift()
    })
  }
  const ended = new Promise<ServerEnd>((resolve) => {
    child.once('error', (error) => resolve({ outcome: 'ended', why: error.message }))
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : signal
      resolve(code === OCCUPIED ? { outcome: 'occupied' } : { outcome: 'ended', why: [how, ...lines].join('\n') })
    })
  })
  if (child.pid === undefined) throw problem('unavailable', `cannot start ${command}: ${JSON.stringify(await ended)}`)
  return { pid: child.pid, ended }
}

/**
 * Each replaces itself by what follows it, so that the child's pid is the server's. The kernel ends the server with the process that started
 * it, and keeps a lock on the data for exactly as long as the server lives. Where they are missing (not Linux) a server may outlive its parent; the
 * next start then finds it by its socket.
 */
async function guards(place: ServerPlace): Promise<string[]> {
  const setpriv = await onPath('setpriv')
  const flock = await onPath('flock')
  return [
    ...(setpriv === null ? [] : [setpriv, '--pdeathsig', 'TERM', '--']),
    ...(flock === null ? [] : [flock, '--nonblock', '--conflict-exit-code', String(OCCUPIED), '--no-fork', join(place.dir, 'lock')]),
  ]
}

/**
 * `appendfsync always`: an acknowledged rollout survives a kill and a power cut. With `everysec` Redis may answer before it has even written: it
 * puts the write off for up to two seconds while a background fsync is under way, and a kill then loses it. One fsync covers all commands of
 * a turn of Redis's event loop, so it costs less than it seems.
 */
function settings({ dir, socket }: ServerPlace): string[] {
  const options = {
    port: '0', unixsocket: socket, unixsocketperm: '700', daemonize: 'no', pidfile: join(dir, 'redis.pid'), dir, logfile: '',
    appendonly: 'yes', appendfsync: 'always', 'no-appendfsync-on-rewrite': 'no', 'aof-load-truncated': 'yes',
    'auto-aof-rewrite-percentage': '100', 'auto-aof-rewrite-min-size': '64mb', save: '', 'maxmemory-policy': 'noeviction',
  }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
}

async function onPath(name: string): Promise<string | null> {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    if (dir === '') continue
    const path = join(dir, name)
    const isThere = await access(path, constants.X_OK).then(() => true, () => false)
    if (isThere) return path
  }
  return null
}
