import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Daemon } from '../../../cli/dev/daemon.ts'
import { endProcessesUnder, processesUnder } from '../../../cli/dev/leftovers.ts'
import { contextNames, currentContext, readContext, saveContext, useContext } from '../../../cli/contexts/store.ts'
import { makeOwnContext } from '../../../cli/dev/own-context.ts'
import { noteworthyLine } from '../../../cli/dev/log-line.ts'
import { claimPort, freePorts } from '../../../cli/dev/ports.ts'
import { closeSite, openSite } from '../../../cli/dev/site.ts'
import { textOf } from '../../../cli/text/line.ts'

let dir: string

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'muster-dev-parts-')))
})

afterEach(async () => {
  await endProcessesUnder([dir])
  await rm(dir, { recursive: true, force: true })
})

describe('a daemon’s log', () => {
  test.each([
    ['{"level":30,"msg":"all is well"}', null],
    ['{"level":40,"msg":"slow"}', 'dev-01 slow'],
    ['{"level":50,"msg":"it broke","err":{"message":"ENOSPC","stack":"…"}}', 'dev-01 it broke: ENOSPC'],
    ['{"level":60,"err":{"message":"gone"}}', 'dev-01 gone'],
    ['Error: not a log line', 'dev-01 Error: not a log line'],
    ['{"not": "a log line"}', 'dev-01 {"not": "a log line"}'],
    ['{broken', 'dev-01 {broken'],
    ['', null],
  ])('%s → %s', (line, shown) => {
    expect(noteworthyLine('dev-01', line)?.map(textOf).join('') ?? null).toBe(shown)
  })
})

describe('the context of a muster dev', () => {
  const endpoint = (port: number) => ({ url: `https://127.0.0.1:${port}`, token: 'mst_admin_x', ca: null })
  const make = (port: number) => makeOwnContext({ XDG_CONFIG_HOME: dir }, endpoint(port), 'mst_admin_x')
  const contexts = () => join(dir, 'muster')

  test('is there while it runs; two at once have two', async () => {
    const first = await make(1)
    const second = await make(2)
    expect([first.name, second.name]).toEqual(['dev', 'dev-2'])
    expect([first.isChosen, second.isChosen]).toEqual([true, false])
    expect(await readContext(contexts(), 'dev-2')).toMatchObject(endpoint(2))
    await first.remove()
    expect(await contextNames(contexts())).toEqual(['dev-2'])
    const third = await make(3)
    expect(third.name).toBe('dev')
    await Promise.all([second.remove(), third.remove()])
    expect(await contextNames(contexts())).toEqual([])
  })

  test('of one that was killed is taken over', async () => {
    const left = { ...endpoint(1), actor: 'admin', role: 'admin', expiresAtMs: null, madeBy: 'dev' } as const
    await saveContext(contexts(), 'dev', left)
    const own = await make(2)
    expect(own.name).toBe('dev')
    expect(await readContext(contexts(), 'dev')).toMatchObject(endpoint(2))
    await own.remove()
  })

  test('is not what somebody has logged in to, and leaves what they have chosen', async () => {
    const theirs = { ...endpoint(1), actor: 'ann', role: 'admin', expiresAtMs: null, madeBy: 'login' } as const
    await saveContext(contexts(), 'dev', theirs)
    await useContext(contexts(), 'dev')
    const own = await make(2)
    expect(own).toMatchObject({ name: 'dev-2', isChosen: false })
    await own.remove()
    expect(await readContext(contexts(), 'dev')).toEqual(theirs)
    expect(await currentContext(contexts())).toBe('dev')
  })
})

describe('ports', () => {
  test('that are taken are neither chosen nor claimed', async () => {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    try {
      await expect(claimPort(port, '--http')).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`)
      expect(await freePorts(3, port, new Set([port + 1]))).not.toEqual(expect.arrayContaining([port]))
      expect(await freePorts(2, port, new Set([port + 1]))).not.toContain(port + 1)
    } finally {
      server.close()
    }
  })

  test('0 chooses one below those of outgoing connections', async () => {
    expect(await claimPort(0, '--http')).toBeLessThan(32_768)
  })
})

describe('the place of a muster dev', () => {
  const flags = { agents: 3, http: 0, grpc: 0, pieces: 0 }

  test('gives every host a port and labels of its own, the same ones each time', async () => {
    const first = await openSite({ ...flags, dataDir: dir })
    await closeSite(first)
    const second = await openSite({ ...flags, agents: 4, dataDir: dir })
    await closeSite(second)
    expect(second.hosts.slice(0, 3)).toEqual(first.hosts)
    expect(new Set([second.http, second.grpc, second.pieces, ...second.hosts.map(({ port }) => port)]).size).toBe(7)
    expect(second.hosts.map(({ labels }) => labels)).toEqual(second.hosts.map(({ port }, index) =>
      `env=dev,dc=${['fra', 'sin', 'fra', 'sin'][index]},rack=${['fra-1', 'sin-1', 'fra-2', 'sin-2'][index]},port=${port}`))
  })

  test('is removed when it was temporary', async () => {
    const site = await openSite(flags)
    await mkdir(join(site.dir, 'hosts', 'dev-01', 'srv'))
    await closeSite(site)
    await expect(readFile(join(site.dir, 'ports.json'))).rejects.toThrow('ENOENT')
  })

  test('is used by one at a time', async () => {
    const site = await openSite({ ...flags, dataDir: dir })
    await expect(openSite({ ...flags, dataDir: dir })).rejects.toThrow(`another muster dev runs on ${dir}`)
    await closeSite(site)
    await closeSite(await openSite({ ...flags, dataDir: dir }))
  })

  test('has to be a directory', async () => {
    const file = join(dir, 'file')
    await writeFile(file, '')
    await expect(openSite({ ...flags, dataDir: join(file, 'dir') })).rejects.toThrow(`${file}/dir cannot be made: ENOTDIR`)
  })
})

describe('processes that are left', () => {
  const sleeper = (script: string, options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
    spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'], cwd: '/', ...options })

  test('are found by where they work and by what they were deployed from, and are ended', async () => {
    const working = sleeper('echo up; exec sleep 600', { cwd: dir })
    const deployed = sleeper('echo up; exec sleep 600', { env: { PATH: '/usr/bin:/bin', MUSTER_PID_FILE: `${dir}/hosts/a/srv/web/shared/run/web.pid` } })
    const stubborn = sleeper("trap '' TERM; echo up; while :; do sleep 0.1; done", { cwd: dir })
    const bystander = sleeper('echo up; exec sleep 600', { env: { PATH: '/usr/bin:/bin', OTHER: dir, MUSTER_PATH: `${dir}-other/srv` } })
    const all = [working, deployed, stubborn, bystander]
    await Promise.all(all.map((child) => once(child.stdout, 'data')))
    const gone = [working, deployed, stubborn].map((child) => once(child, 'exit'))

    const found = await processesUnder([dir])
    expect(found).toEqual(expect.arrayContaining([working.pid, deployed.pid, stubborn.pid]))
    expect(found).not.toContain(bystander.pid)
    expect(await endProcessesUnder([dir], 500)).toEqual([])
    await Promise.all(gone)
    expect([working, deployed, stubborn].map(({ signalCode }) => signalCode)).toEqual(['SIGTERM', 'SIGTERM', 'SIGKILL'])
    expect(bystander.exitCode).toBeNull()
    bystander.kill('SIGKILL')
  })

  test('never include those that look', async () => {
    const before = process.cwd()
    const child = spawn(process.execPath, ['-e', `
      process.chdir(${JSON.stringify(dir)})
      import(${JSON.stringify(join(before, 'cli/dev/leftovers.ts'))}).then(async ({ processesUnder }) => console.log(JSON.stringify(await processesUnder([process.cwd()]))))
    `], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const [output] = await once(child.stdout, 'data') as [Buffer]
    expect(JSON.parse(output.toString())).toEqual([])
  })
})

describe('a daemon', () => {
  const hurry = new AbortController().signal
  const noOne = () => {}

  test('that dies before it was ever well is dead, with its last words', async () => {
    const dead = Promise.withResolvers<string>()
    const daemon = new Daemon({ name: 'dev-01', args: ['agent', '--bogus'], cwd: dir, logFile: join(dir, 'a.log'), onLine: noOne, onDeath: dead.resolve })
    daemon.start()
    expect(await dead.promise).toMatch(/^dev-01 ended \(exit code 2\): .*--bogus/)
    await daemon.stop(hurry)
    expect(await readFile(join(dir, 'a.log'), 'utf8')).toContain('--bogus')
  })

  test('that dies later is started again, as long as nobody stops it', async () => {
    const lines: string[] = []
    const restarted = Promise.withResolvers<void>()
    const onLine = (_name: string, line: string) => {
      lines.push(line)
      if (lines.filter((one) => one.startsWith('Usage: muster')).length === 2) restarted.resolve()
    }
    const daemon = new Daemon({ name: 'dev-01', args: ['help'], cwd: dir, logFile: join(dir, 'a.log'), onLine, onDeath: noOne })
    daemon.keepAlive()
    daemon.start()
    await restarted.promise
    await daemon.stop(hurry)
    expect(lines).toContain('ended (exit code 0); starting it again')
  })
})
