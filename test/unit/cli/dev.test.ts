import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Client } from '../../../cli/client.ts'
import { processesUnder } from '../../../cli/dev/leftovers.ts'

const MUSTER = new URL('../../../bin/muster', import.meta.url).pathname

type Ready = { url: string; token: string | null; ca: string | null; grpc: string; dataDir: string; coordinator: { pid: number }; agents: { host: string; pid: number; port: number; root: string }[] }
type Dev = ChildProcessByStdio<null, Readable, Readable>

const running: Dev[] = []
let temporary: string

beforeEach(async () => {
  temporary = await realpath(await mkdtemp(join(tmpdir(), 'muster-dev-test-')))
})

afterEach(async () => {
  for (const dev of running.splice(0)) await stop(dev)
  await rm(temporary, { recursive: true, force: true })
})

/** Temporary directories that it makes lie in `temporary`. */
function dev(...flags: string[]): Dev {
  const child = spawn(MUSTER, ['dev', '--http', '0', '--grpc', '0', '--pieces', '0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: temporary } })
  running.push(child)
  return child
}

async function stop(child: Dev, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal)
    await once(child, 'exit')
  }
  return child.exitCode
}

async function ready(child: Dev): Promise<Ready> {
  const errors = text(child.stderr)
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Ready
  throw new Error(`muster dev ended: ${await errors}`)
}

describe('muster dev', () => {
  test('is ready when every agent is connected, brings back what dies, and leaves nothing', async () => {
    const child = dev('--agents', '2', '--json')
    const { url, token, ca, dataDir, agents, coordinator } = await ready(child)
    expect(dataDir.startsWith(temporary)).toBe(true)
    const client = new Client({ url, token, ca: ca === null ? null : await readFile(ca, 'utf8') }, new AbortController().signal)
    const { hosts } = await client.hosts()
    expect(hosts.map(({ host, status, labels }) => [host, status, labels['port']])).toEqual(agents.map(({ host, port }) => [host, 'connected', String(port)]))

    const victim = agents[0]!.pid
    process.kill(victim, 'SIGKILL')
    for (let host = hosts[0]!; host.status !== 'away';) host = await client.host('dev-01')
    for (let host = hosts[1]!; host.host !== 'dev-01' || host.status !== 'connected'; await sleep(50)) host = await client.host('dev-01')

    expect(await stop(child, 'SIGINT')).toBe(0)
    expect(await processesUnder([dataDir])).toEqual([])
    for (const pid of [coordinator.pid, agents[1]!.pid]) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(await readdir(temporary)).toEqual([])
  })

  test('keeps a directory that it was given, and its daemons go with it however it ends', async () => {
    const dataDir = join(temporary, 'kept')
    const first = dev('--agents', '1', '--json', '--data-dir', dataDir)
    const before = await ready(first)
    await stop(first, 'SIGKILL')
    const second = dev('--agents', '1', '--json', '--data-dir', dataDir)
    const after = await ready(second)
    expect(after.agents[0]).toMatchObject({ host: 'dev-01', port: before.agents[0]!.port })
    for (const pid of [before.coordinator.pid, before.agents[0]!.pid]) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(await stop(second)).toBe(0)
    await access(join(dataDir, 'coordinator'))
    expect(await processesUnder([dataDir])).toEqual([])
  })

  test('that cannot start says why, and leaves nothing', async () => {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const child = dev('--agents', '1', '--grpc', String(port))
    expect(await text(child.stderr)).toBe(`error: port ${port} of 127.0.0.1 is taken\n  field:    --grpc\n  expected: a free port; 0 chooses one\n`)
    expect(await stop(child)).toBe(2)
    expect(await readdir(temporary)).toEqual([])
    server.close()
  })
})
