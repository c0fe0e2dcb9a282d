/** The rules for entries, alone and together, against what a real file system makes of them. */
import { lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { UnpackSync } from 'tar'
import { expect, test } from 'vitest'
import { checkEntry, type EntryHeader } from '../../../shared/package/entry.ts'
import { PACKAGE_LIMITS } from '../../../shared/package/limits.ts'
import { PackageTree } from '../../../shared/package/tree.ts'
import { tar, type FixtureEntry } from './tar-fixture.ts'

const symlink = (path: string, linkpath: string): EntryHeader => ({ path, type: 'SymbolicLink', size: 0, linkpath })

test.each([
  { path: 'a', type: 'File', size: 5, mode: 0o755 },
  { path: './a/b', type: 'OldFile', size: 0 },
  { path: './', type: 'Directory', size: 0, mode: 0o755 },
  { path: 'shared/', type: 'Directory', size: 0, mode: 0o3777 },
  { path: 'über/包/ .txt', type: 'File', size: 1 },
  { path: 'system/dev-disk\\x2dlabel.mount', type: 'File', size: 1 },
  { path: '..hidden/...', type: 'File', size: 1 },
  symlink('bin/tool', '../lib/tool/cli.js'),
  symlink('node_modules/.bin/tool', './../tool/cli.js'),
  symlink('a/b/root', '../..'),
  symlink('self', '.'),
  { path: 'b', type: 'Link', size: 0, linkpath: './a' },
])('admits %j', entry => {
  expect(checkEntry(entry)).toBeNull()
})

test.each([
  [{ path: '', type: 'File', size: 0 }, 'entry "" has no name'],
  [{ path: 'a\0b', type: 'File', size: 0 }, 'entry "a\\u0000b" has a control character in a name'],
  [{ path: 'a\u009bb', type: 'File', size: 0 }, 'entry "a\\u009bb" has a control character in a name'],
  [{ path: '\\\\server\\share', type: 'File', size: 0 }, 'entry "\\\\\\\\server\\\\share" has an absolute path'],
  [{ path: 'a', type: 'Link', size: 10, linkpath: 'b' }, 'entry "a" is a hardlink with content'],
  [symlink('a', ''), 'entry "a" is a link to nothing'],
  [symlink('a', 'b\nc'), 'entry "a" has a control character in a name'],
  [symlink('a', '..'), 'entry "a" is a link to "..", which is outside of the package'],
  [symlink('a', 'C:\\Windows'), 'entry "a" is a link to "C:\\\\Windows", which is absolute'],
  [symlink('a', 'b/..'), 'entry "a" is a link to "b/..", which climbs after it descends'],
  [{ path: 'socket', type: 'Socket', size: 0 }, 'entry "socket" is of the type Socket'],
] as const)('refuses %j', (entry, message) => {
  expect(checkEntry(entry)).toMatchObject({ code: 'package_invalid', message })
})

test('counts entries and implied directories, one path that comes again and again included', () => {
  const limits = { ...PACKAGE_LIMITS, maxEntries: 3 }
  const directory = { path: 'a/', type: 'Directory', size: 0 }
  const tree = new PackageTree(limits)
  expect([1, 2, 3].map(() => tree.admit(directory))).toEqual([null, null, null])
  expect(tree.admit(directory)).toMatchObject({ code: 'package_too_large', message: 'entry "a/" is one too many' })
  expect(new PackageTree(limits).admit({ path: 'a/b/c/d', type: 'File', size: 0 })).toMatchObject({ code: 'package_too_large' })
})

const anyHeader = fc.record({
  path: fc.string({ unit: 'binary' }),
  type: fc.oneof(fc.constantFrom('File', 'Directory', 'SymbolicLink', 'Link', 'FIFO', 'Unsupported'), fc.string()),
  size: fc.nat(),
  mode: fc.option(fc.nat(), { nil: undefined }),
  linkpath: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
})

test('judges any header without a crash, and in words that are safe to print', () => {
  fc.assert(fc.property(fc.array(anyHeader, { maxLength: 20 }), headers => {
    const tree = new PackageTree()
    const judged = headers.map(header => ({ header, problem: tree.admit(header) }))
    expect(judged.filter(({ problem }) => problem !== null && /\p{Cc}/u.test(problem.message))).toEqual([])
    expect(judged.filter(({ header, problem }) => problem === null && header.path.split('/').includes('..'))).toEqual([])
  }), { numRuns: 2000 })
})

const name = fc.constantFrom('a', 'b', 'c')
const somePath = fc.array(name, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/'))
const steps = fc.array(fc.oneof(name, fc.constant('..'), fc.constant('.')), { minLength: 1, maxLength: 5 })
const someTarget = fc.tuple(fc.constantFrom('', '', '/', './'), steps).map(([prefix, parts]) => prefix + parts.join('/'))
const someEntry = fc.oneof(
  somePath.map((path): EntryHeader => ({ path, type: 'File', size: 1 })),
  fc.tuple(somePath, someTarget).map(([path, target]) => symlink(path, target)),
  fc.tuple(somePath, someTarget).map(([path, target]) => symlink(path, target)),
)

// `preservePaths`, because the unpacker's own rules refuse links to links, which are harmless by ours.
test('what is admitted unpacks as it is named, and no chain of links leads out of it', () => {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'muster-links-')))
  let run = 0
  try {
    fc.assert(fc.property(fc.array(someEntry, { maxLength: 12 }), entries => {
      const root = join(parent, String(run += 1), 'package')
      mkdirSync(root, { recursive: true })
      const tree = new PackageTree()
      const admitted = [{ path: 'first', type: 'File', size: 1 }, ...entries].filter(entry => tree.admit(entry) === null)
      new UnpackSync({ cwd: root, strict: true, preservePaths: true }).end(tar(admitted.map(fixtureOf)))
      expect(admitted.map(({ path }) => typeOf(lstatSync(join(root, path))))).toEqual(admitted.map(({ type }) => type))
      const places = admitted.flatMap(({ path }) => whereItLeads(join(root, path)) ?? [])
      expect(places.filter(place => !`${place}/`.startsWith(`${root}/`))).toEqual([])
    }), { numRuns: 400 })
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
})

function fixtureOf({ path, type, linkpath }: EntryHeader): FixtureEntry {
  return linkpath === undefined ? { path, type, content: 'x' } : { path, type, linkpath }
}

function typeOf(stats: Stats): string {
  return stats.isSymbolicLink() ? 'SymbolicLink' : stats.isFile() ? 'File' : 'another'
}

/** Null when it leads nowhere: to what is not there, or in a circle. */
function whereItLeads(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
