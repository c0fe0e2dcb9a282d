import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readdir, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PrivateServer } from '../../../coordinator/adapters/redis/private-server.ts'
import { MAX_SOCKET_PATH_BYTES } from '../../../coordinator/adapters/redis/server-place.ts'
import { silent } from '../../conformance/real-redis.ts'

describe('a private server', () => {
  const path = process.env['PATH']
  let dataDir: string
  let servers: PrivateServer[]
  let clients: Redis[]
  let children: ChildProcess[]

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'muster-test-'))
    servers = []
    clients = []
    children = []
  })
  afterEach(async () => {
    process.env['PATH'] = path
    for (const child of children) child.kill('SIGKILL')
    for (const client of clients) client.disconnect()
    await Promise.all(servers.map((server) => server.stop()))
    await rm(dataDir, { recursive: true, force: true })
  })

  async function start(dir = dataDir): Promise<PrivateServer> {
    const server = await PrivateServer.start(dir, silent)
    servers.push(server)
    return server
  }

  function client(server: PrivateServer): Redis {
    const redis = new Redis(server.url)
    redis.on('error', () => undefined)
    clients.push(redis)
    return redis
  }

  /** Pids of the servers on this data. */
  async function onThisData(): Promise<number[]> {
    const dir = join(await realpath(dataDir), 'redis')
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const found = await Promise.all(pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null)
      return cwd === dir ? [Number(pid)] : []
    }))
    return found.flat()
  }

  /** A process that starts a server and is then killed. @returns the server's pid */
  async function startAndKillOwner(env: NodeJS.ProcessEnv = process.env): Promise<number> {
    const program = new URL('./private-server-process.ts', import.meta.url).pathname
    const owner = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'], env })
    children.push(owner)
    const pid = Number(String((await once(owner.stdout, 'data'))[0]))
    const redis = new Redis(join(dataDir, 'redis', 'redis.sock'))
    await redis.set('written', 'before')
    redis.disconnect()
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    return pid
  }

  test('keeps its data over a stop', async () => {
    const first = await start()
    await client(first).set('key', 'value')
    await first.stop()
    expect(await onThisData()).toEqual([])
    expect(await client(await start()).get('key')).toBe('value')
  })

  test('comes back on the same data and address when it is killed, again and again', async () => {
    const server = await start()
    const redis = client(server)
    for (let round = 1; round <= 3; round++) {
      expect(await redis.incr('rounds')).toBe(round)
      const { pid } = server
      process.kill(pid!, 'SIGKILL')
      expect(await redis.get('rounds')).toBe(String(round))
      await expect.poll(() => server.pid).not.toBeNull()
      expect(await onThisData()).toEqual([server.pid])
      expect(server.pid).not.toBe(pid)
    }
  })

  test('writes what it acknowledges before it does, and throws nothing away', async () => {
    const redis = client(await start())
    const settings = ['appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'port']
    const values = await Promise.all(settings.map(async (name) => (await redis.config('GET', name))[1]))
    expect(values).toEqual(['yes', 'always', 'noeviction', '', '0'])
  })

  test('ends with a coordinator that is killed, and the next one finds its data', async () => {
    await startAndKillOwner()
    const redis = client(await start())
    expect(await redis.get('written')).toBe('before')
    await expect.poll(async () => (await onThisData()).length).toBe(1)
  })

  test('that outlived its coordinator is taken over, kept alive and stopped', async () => {
    // Without the tools that tie it to its parent, as on macOS.
    const bin = join(dataDir, 'bin')
    await mkdir(bin)
    const real = (path ?? '').split(delimiter).map((dir) => join(dir, 'redis-server')).find((file) => existsSync(file))
    await symlink(real!, join(bin, 'redis-server'))
    const orphan = await startAndKillOwner({ ...process.env, PATH: bin })
    expect(await onThisData()).toEqual([orphan])

    const server = await start()
    expect(server.pid).toBeNull()
    expect(await client(server).get('written')).toBe('before')
    expect(await onThisData()).toEqual([orphan])

    process.kill(orphan, 'SIGKILL')
    await expect.poll(() => server.pid).not.toBeNull()
    expect(await client(server).get('written')).toBe('before')
    await server.stop()
    expect(await onThisData()).toEqual([])
  })

  test('is one, however many start it at once', async () => {
    const started = await Promise.all([start(), start(), start()])
    await Promise.all(started.map((server) => client(server).incr('starts')))
    expect(await client(started[0]).get('starts')).toBe('3')
    // Those that came too late answer for it already, and are just about to end.
    await expect.poll(async () => (await onThisData()).length).toBe(1)
    // Each of them would start it again; it ends with the last.
    await Promise.all(started.map((server) => server.stop()))
    expect(await onThisData()).toEqual([])
  })

  test('finds a shorter path for its socket where the data directory’s is too long, and removes it', async () => {
    const deep = join(dataDir, 'd'.repeat(MAX_SOCKET_PATH_BYTES))
    const server = await start(deep)
    expect(Buffer.byteLength(server.url)).toBeLessThanOrEqual(MAX_SOCKET_PATH_BYTES)
    expect(await client(server).set('key', 'value')).toBe('OK')
    await server.stop()
    await expect(access(dirname(server.url))).rejects.toThrow('ENOENT')

    await mkdir(dirname(server.url), { mode: 0o777 })
    await chmod(dirname(server.url), 0o777)
    await expect(start(deep)).rejects.toMatchObject({ problem: { code: 'config_invalid', field: 'data-dir' } })
    await rm(dirname(server.url), { recursive: true })
  })

  test('that cannot run says why', async () => {
    await mkdir(join(dataDir, 'redis', 'appendonlydir'), { recursive: true })
    await writeFile(join(dataDir, 'redis', 'appendonlydir', 'appendonly.aof.manifest'), 'nonsense\n')
    await expect(start()).rejects.toMatchObject({ problem: { code: 'unavailable', message: expect.stringContaining('AOF manifest') } })
    expect(await onThisData()).toEqual([])
  })

  test('that is not installed is named with what to install', async () => {
    process.env['PATH'] = dataDir
    const refused = { code: 'redis_missing', expected: expect.stringMatching(/apt-get install redis-server.*--redis/) }
    await expect(start()).rejects.toMatchObject({ problem: refused })
  })
})
