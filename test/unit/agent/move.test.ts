/** A service that gets another account or another place, and a disk that fills up under a release on its way. */
import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, open, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TestHost } from './fixture.ts'

// generous: a fleet's worth of fsyncs on a busy machine
vi.setConfig({ testTimeout: 60_000 })

let host: TestHost
beforeEach(async () => {
  host = await TestHost.create()
  host.start()
})
afterEach(async () => await host.dispose())

const isRoot = process.getuid?.() === 0
const uidOf = (name: string) => Number(execFileSync('id', ['-u', name], { encoding: 'utf8' }))

describe.skipIf(!isRoot)('another account', () => {
  const start = 'mkdir -p "$MUSTER_SHARED_DIR/data" && echo "$MUSTER_VERSION" >>"$MUSTER_SHARED_DIR/data/file"'
  const shared = (...parts: string[]) => join(host.servicePath, 'shared', ...parts)
  const owners = async () => await Promise.all([shared(), shared('data'), shared('data/file'), shared('notes')].map(async (path) => (await lstat(path)).uid))

  beforeEach(async () => {
    await chmod(host.dir, 0o755)
    await writeFile(host.ledgerFile, '', { mode: 0o666 })
    await chmod(host.ledgerFile, 0o666)
    const first = await host.deploy(1, host.release('1.0', { start }), { account: 'nobody' })
    expect(await host.coordinator.result(first.id)).toMatchObject({ verdict: 'succeeded' })
    await writeFile(shared('notes'), 'of root, and not of the service')
  })

  it('gets what the one before has in shared, and nothing else', async () => {
    const next = await host.deploy(2, host.release('1.1', { start }), { account: 'daemon' })
    expect(await host.coordinator.result(next.id)).toMatchObject({ verdict: 'succeeded' })
    expect(await readFile(shared('data/file'), 'utf8')).toBe('1.0\n1.1\n')
    const daemon = uidOf('daemon')
    expect(await owners()).toEqual([daemon, daemon, daemon, 0])
  })

  it('gives it back when the release does not work', async () => {
    const next = await host.deploy(2, host.release('1.1', { start, check: 'exit 3' }), { account: 'daemon' })
    expect(await host.coordinator.result(next.id)).toMatchObject({ verdict: 'failed', step: 'check', revert: 'succeeded' })
    expect(await readFile(shared('data/file'), 'utf8')).toBe('1.0\n1.1\n1.0\n')
    const nobody = uidOf('nobody')
    expect(await owners()).toEqual([nobody, nobody, nobody, 0])
  })
})

it('a service that has moved leaves no link behind, and one that could not keeps its own', async () => {
  const current = (place: string) => join(host.dir, 'root/srv', place, 'current')
  await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
  const failing = await host.deploy(2, host.release('1.1', { check: 'exit 3' }), { path: '/srv/elsewhere' })
  expect(await host.coordinator.result(failing.id)).toMatchObject({ verdict: 'failed', revert: 'succeeded' })
  expect(await readlink(current('web'))).toMatch(/1\.0/)
  const moved = await host.deploy(3, host.release('1.1'), { path: '/srv/elsewhere' })
  expect(await host.coordinator.result(moved.id)).toMatchObject({ verdict: 'succeeded' })
  expect(await readlink(current('elsewhere'))).toMatch(/1\.1/)
  await expect(lstat(current('web'))).rejects.toThrow('ENOENT')
})

describe.skipIf(!isRoot || !canMount())('a disk that fills up while a release is unpacked', () => {
  beforeEach(async () => {
    await mkdir(host.servicePath, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', host.servicePath])
  })
  afterEach(() => void execFileSync('umount', ['-l', host.servicePath]))

  it('fails it in plain words, keeps the old release running, and leaves room for the next attempt', async () => {
    await host.coordinator.result((await host.deploy(1, host.release('1.0'))).id)
    const before = await stat(join(host.servicePath, 'current'))
    const goal = { ...host.release('1.1'), srv: host.artifacts.pack([{ path: 'large', content: 'x'.repeat(4 * 1024 * 1024) }]) }
    let filled: Promise<void> | null = null
    host.site.intercept = async () => {
      await (filled ??= fill(join(host.servicePath, 'shared/others')))
      return undefined
    }
    const sent = await host.deploy(2, goal)
    expect(await host.coordinator.result(sent.id)).toMatchObject({
      verdict: 'failed', step: 'unpack', revert: 'not-needed', changed: false, installed: { version: '1.0' },
      message: `unpack: no space is left on the file system of ${host.servicePath} (ENOSPC); nothing that runs was touched`,
    })
    expect((await stat(join(host.servicePath, 'current'))).ino).toBe(before.ino)
    expect(await host.ledger()).toHaveLength(2)
    await writeFile(join(host.servicePath, 'shared/others'), '')
    expect(await host.coordinator.result((await host.deploy(3, goal)).id)).toMatchObject({ verdict: 'succeeded', installed: { version: '1.1' } })
  })
})

/** All but a little. */
async function fill(path: string): Promise<void> {
  const handle = await open(path, 'w')
  const piece = Buffer.alloc(1024 * 1024)
  try {
    for (;;) await handle.write(piece)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    await handle.close()
  }
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
