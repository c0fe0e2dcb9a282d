/** A whole agent that fetches pieces: ahead of a deployment, under its owner's policy, with news of how far it is, and on a disk that is full. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Goal } from '../../../shared/command.ts'
import { TestHost } from './fixture.ts'

// generous: whole agents on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
beforeEach(async () => {
  host = await TestHost.create()
})
afterEach(async () => await host.dispose())

function release(version: string, sizeBytes: number): Goal {
  return { ...host.release(version), srv: host.artifacts.pack([{ path: 'large', content: randomBytes(sizeBytes) }]) }
}

it('fetches ahead and touches nothing; the deployment finds everything there, whenever it comes', async () => {
  host.start()
  const goal = release('1.0', 1_000_000)
  const { id } = host.send('web-1', 'p1', { kind: 'prefetch', goal, maxBytesPerSecond: null })
  expect(await host.coordinator.result(id)).toMatchObject({ verdict: 'succeeded', changed: false, installed: null, message: 'web 1.0 is here' })
  expect(await readdir(join(host.dir, 'root')).catch(() => [])).toEqual([])
  const { progress } = await host.coordinator.hear('progress', (heard) => heard.progress.id === id && heard.progress.transfer !== null && heard.progress.bytesDone > 1_000_000)
  expect(progress).toMatchObject({ step: 'fetch', bytesDone: progress.bytesTotal, transfer: { fromPeersBytes: 0, fromRelayBytes: 0, delta: false } })
  expect(progress.transfer!.fromOriginBytes).toBeGreaterThan(1_000_000)
  await host.kill()
  host.start()
  const before = host.site.given.length
  const sent = await host.deploy(1, goal)
  expect(await host.coordinator.result(sent.id)).toMatchObject({ verdict: 'succeeded', installed: { version: '1.0' } })
  expect(host.site.given).toHaveLength(before)
  expect(await readdir(join(host.dir, 'agent/packages/streams'))).toEqual([])
})

it('a policy that forbids the service forbids that as well', async () => {
  const policy = join(host.dir, 'policy.yaml')
  await writeFile(policy, 'services: [other]\n')
  host.start('--policy', policy)
  const { id } = host.send('web-1', 'p1', { kind: 'prefetch', goal: release('1.0', 1000), maxBytesPerSecond: null })
  expect(await host.coordinator.result(id)).toMatchObject({ verdict: 'failed', step: 'preflight', message: expect.stringContaining('policy') as string })
  expect(host.site.given).toEqual([])
})

const canMount = (): boolean => {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(process.getuid?.() !== 0 || !canMount())('a disk that fills up while a package is fetched', () => {
  const packages = (): string => join(host.dir, 'agent/packages')
  beforeEach(async () => {
    await mkdir(packages(), { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', packages()])
  })
  afterEach(() => void execFileSync('umount', ['-l', packages()]))

  it('fails it in plain words, and leaves what has come for the next attempt', async () => {
    host.start()
    const goal = release('1.0', 6_000_000)
    let filled: Promise<void> | null = null
    host.site.intercept = async () => {
      if (host.site.given.length > 10) await (filled ??= fill(join(packages(), 'others')))
      return undefined
    }
    const sent = await host.deploy(1, goal)
    expect(await host.coordinator.result(sent.id)).toMatchObject({
      verdict: 'failed', step: 'fetch', changed: false, message: expect.stringMatching(/^fetch: no space is left on the file system of .*\(ENOSPC\); nothing that runs was touched$/) as string,
    })
    await writeFile(join(packages(), 'others'), '')
    const before = host.site.given.length
    expect(await host.coordinator.result((await host.deploy(2, goal)).id)).toMatchObject({ verdict: 'succeeded', installed: { version: '1.0' } })
    const again = host.site.given.slice(before)
    expect(again.length).toBeGreaterThan(0)
    expect(host.site.given.slice(0, 10).filter((digest) => again.includes(digest))).toEqual([])
  })
})

/** All of it. */
async function fill(path: string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    for (const size of [1024 * 1024, 4096]) await fillBy(handle, size)
  } finally {
    await handle.close()
  }
}

async function fillBy(handle: FileHandle, sizeBytes: number): Promise<void> {
  const part = Buffer.alloc(sizeBytes)
  try {
    for (;;) await handle.write(part)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
