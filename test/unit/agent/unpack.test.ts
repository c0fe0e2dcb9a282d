/** What becomes of packages on a host: a closed tree under its name, or nothing. */
import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Manifests } from '../../../agent/adapters/manifest.ts'
import { Releases } from '../../../agent/adapters/releases.ts'
import { unpack } from '../../../agent/adapters/unpack.ts'
import { installationOf } from '../../../agent/deploy/installation.ts'
import type { Artifact } from '../../../shared/command.ts'
import { sha256, tar } from '../artifacts/tar-fixture.ts'
import type { FixtureEntry } from '../artifacts/tar-fixture.ts'
import { command, goal } from './commands.ts'

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'muster-unpack-'))))
afterEach(async () => await rm(dir, { recursive: true, force: true }))

const going = new AbortController().signal
const target = () => join(dir, 'releases/1.0')

async function put(bytes: Buffer, declared: Partial<Artifact> = {}): Promise<void> {
  await writeFile(join(dir, 'package.tar'), bytes)
  await unpack(createReadStream(join(dir, 'package.tar')), { digest: sha256(bytes), sizeBytes: bytes.length, entries: 100, ...declared }, target(), going, async () => undefined)
}

/** Nothing under the release's name, nothing beside it, nothing outside. */
async function nothingIsLeft(): Promise<void> {
  expect(await readdir(join(dir, 'releases'))).toEqual([])
  expect((await readdir(dir)).sort()).toEqual(['package.tar', 'releases'])
}

describe('a package', () => {
  it('becomes a tree that every account can read and only the agent’s can write', async () => {
    await put(tar([
      { path: './', type: 'Directory', mode: 0o700 },
      { path: 'bin/run', mode: 0o700, content: '#!/bin/sh\n' },
      { path: 'data', mode: 0o622, content: 'data' },
      { path: 'lib/link', type: 'SymbolicLink', linkpath: '../data' },
      { path: 'hard', type: 'Link', linkpath: 'data' },
    ]))
    expect(await readFile(join(target(), 'lib/link'), 'utf8')).toBe('data')
    expect(await readlink(join(target(), 'lib/link'))).toBe('../data')
    const mode = async (path: string) => ((await stat(join(target(), path))).mode & 0o7777).toString(8)
    expect([await mode('.'), await mode('bin/run'), await mode('data')]).toEqual(['755', '755', '644'])
    expect((await stat(join(target(), 'hard'))).nlink).toBe(2)
  })

  it('may have links to links, as shared libraries do', async () => {
    await put(tar([
      { path: 'lib.so.1.2', content: 'code' },
      { path: 'lib.so.1', type: 'SymbolicLink', linkpath: 'lib.so.1.2' },
      { path: 'lib.so', type: 'SymbolicLink', linkpath: 'lib.so.1' },
    ]))
    expect(await readFile(join(target(), 'lib.so'), 'utf8')).toBe('code')
  })

  it('as a real tar program writes it, with long names and many files', async () => {
    const source = join(dir, 'source')
    const long = `${'deep/'.repeat(30)}${'name'.repeat(20)}`
    await mkdir(join(source, long, '..'), { recursive: true })
    await writeFile(join(source, long), 'found')
    execFileSync('sh', ['-c', 'for i in $(seq 500); do echo "$i" >"file-$i"; done; ln -s file-1 link'], { cwd: source })
    await put(execFileSync('tar', ['-c', '.'], { cwd: source, maxBuffer: 2 ** 26 }), { entries: 1000 })
    expect(await readFile(join(target(), long), 'utf8')).toBe('found')
    expect(await readdir(target())).toHaveLength(502)
  })
})

describe('is refused, with nothing left of it,', () => {
  const bad: [string, FixtureEntry[]][] = [
    ['an absolute path', [{ path: '/etc/evil', content: 'x' }]],
    ['a path that climbs', [{ path: 'a/../../evil', content: 'x' }]],
    ['a symbolic link out of the tree', [{ path: 'out', type: 'SymbolicLink', linkpath: '../outside' }]],
    ['an absolute symbolic link', [{ path: 'out', type: 'SymbolicLink', linkpath: '/etc' }]],
    ['a file through a symbolic link', [{ path: 'sub', type: 'SymbolicLink', linkpath: '.' }, { path: 'sub/evil', content: 'x' }]],
    ['a chain of links that ends outside', [{ path: 'a/b/up', type: 'SymbolicLink', linkpath: '../..' }, { path: 'out', type: 'SymbolicLink', linkpath: 'a/b/up/..' }]],
    ['a hard link out of the tree', [{ path: 'out', type: 'Link', linkpath: '../package.tar' }]],
    ['a hard link to a symbolic link', [{ path: 'a/up', type: 'SymbolicLink', linkpath: '..' }, { path: 'out', type: 'Link', linkpath: 'a/up' }]],
    ['a device', [{ path: 'null', type: 'CharacterDevice' }]],
    ['a fifo', [{ path: 'pipe', type: 'FIFO' }]],
    ['a set-uid program', [{ path: 'su', mode: 0o4755, content: 'x' }]],
  ]
  it.each(bad)('%s', async (_what, entries) => {
    await expect(put(tar([{ path: 'before', content: 'harmless' }, ...entries, { path: 'after', content: 'x' }]))).rejects.toThrow(/package/)
    await nothingIsLeft()
  })

  const good = tar([{ path: 'one', content: 'x'.repeat(2000) }, { path: 'two', content: 'x' }])
  it.each<[string, Buffer, Partial<Artifact>, RegExp]>([
    ['more entries than declared', good, { entries: 1 }, /more than the 1 entries/],
    ['more bytes than declared', good, { sizeBytes: good.length - 1 }, /more than the \d+ bytes/],
    ['other bytes than declared', good, { digest: sha256(Buffer.from('other')) }, /SHA-256 is .*, expected/],
    ['a tar that ends early', good.subarray(0, 1024), {}, /./],
    ['a compressed tar', gzipSync(good), {}, /not a tar archive/],
    ['no tar at all', Buffer.from('PK\x03\x04'.repeat(500)), {}, /not a tar/],
  ])('%s', async (_what, bytes, declared, message) => {
    await expect(put(bytes, declared)).rejects.toThrow(message)
    await nothingIsLeft()
  })
})

it('what a crash has left of an unpacking is no release, and does not disturb the next', async () => {
  await mkdir(join(dir, 'releases/.unpacking-1.0/half'), { recursive: true })
  const releases = new Releases(dir, new Manifests(join(dir, 'manifests')))
  const installation = { ...installationOf(command())!, path: '', releaseDir: '/releases/1.0' }
  expect(await releases.missing(installation)).toHaveLength(1)
  await put(tar([{ path: 'whole', content: 'x' }]))
  expect(await releases.missing(installation)).toEqual([])
  expect(await readdir(target())).toEqual(['whole'])
})

it('whoever wants the same directory at the same time gets it, unpacked once', async () => {
  const releases = new Releases(dir, new Manifests(join(dir, 'manifests')))
  const bytes = tar([{ path: 'whole', content: 'x'.repeat(100_000) }])
  const file = join(dir, 'package.tar')
  await writeFile(file, bytes)
  const placed = { kind: 'srv' as const, artifact: { digest: sha256(bytes), sizeBytes: bytes.length, entries: 1 }, dir: target() }
  await Promise.all([1, 2, 3].map(() => releases.unpack(() => createReadStream(file), placed, going)))
  expect(await readdir(join(dir, 'releases'))).toEqual(['1.0'])
  expect(await readdir(target())).toEqual(['whole'])
})

it('keeps the releases that were used last, and whatever is still needed', async () => {
  const releases = new Releases(dir, new Manifests(join(dir, 'manifests')))
  const all = ['1.0', '1.1', '1.2', '1.3', '1.4'].map((version) => installationOf(command({ goal: goal(version) }))!)
  for (const installation of all) {
    await mkdir(releases.real(installation.releaseDir), { recursive: true })
    await releases.link(installation.path, installation)
  }
  await releases.link('/srv/web', all[0]!)
  await releases.prune('/srv/web', 2, [all[1]!])
  const left = (await readdir(join(dir, 'srv/web/releases'))).map((name) => name.split('-')[0])
  expect(new Set(left)).toEqual(new Set(['1.0', '1.1', '1.4']))
  expect(await releases.isCurrent(all[0]!)).toBe(true)
})

it('never replaces what it has not made', async () => {
  const releases = new Releases(dir, new Manifests(join(dir, 'manifests')))
  await mkdir(join(dir, 'srv/web/current'), { recursive: true })
  await expect(releases.link('/srv/web', installationOf(command()))).rejects.toThrow('is not a symbolic link')
  expect((await stat(join(dir, 'srv/web/current'))).isDirectory()).toBe(true)
})
