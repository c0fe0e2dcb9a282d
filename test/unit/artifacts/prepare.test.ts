/** What the command line sends for `--srv` and `--cmd`: real directories and files, taken in by a real store. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync, createReadStream, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { preparePackage, type PreparedPackage } from '../../../cli/package/prepare.ts'
import { openStore, refusalOf, temporaryDirectory } from './store-fixture.ts'
import { sha256, tar } from './tar-fixture.ts'

const EXPECTED = 'a directory, or a tar archive: .tar, .tar.gz or .tar.zst'
const FILES: Record<string, string> = {
  'bin/run': '#!/bin/sh\nexec node server.js\n',
  'server.js': 'x'.repeat(300_000),
  'empty.txt': '',
  [`${'包裹'.repeat(30)}/${'deep/'.repeat(30)}file`]: 'unicode and long',
  'B/upper': '1', 'a/lower': '2', 'a-b': '3',
}

async function prepare(path: string): Promise<PreparedPackage> {
  const prepared = await preparePackage(path, 'srv')
  onTestFinished(prepared.cleanup)
  return prepared
}

function write(root: string, paths: string[], mtime: Date): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), FILES[path]!)
    utimesSync(join(root, path), mtime, mtime)
  }
  chmodSync(join(root, 'bin/run'), 0o755)
  mkdirSync(join(root, 'logs'))
  symlinkSync('../server.js', join(root, 'bin/main.js'))
  utimesSync(root, mtime, mtime)
}

test('the same tree is the same bytes, whenever and in whatever order it was made', async () => {
  const [one, two] = [await temporaryDirectory(), await temporaryDirectory()]
  write(one, Object.keys(FILES), new Date('2001-02-03'))
  write(two, Object.keys(FILES).reverse(), new Date('2020-01-01'))
  linkSync(join(one, 'server.js'), join(one, 'twin.js'))
  writeFileSync(join(two, 'twin.js'), FILES['server.js']!)

  const [first, second] = [await prepare(one), await prepare(two)]
  expect(second).toMatchObject({ sha256: first.sha256, sizeBytes: first.sizeBytes })
  expect(sha256(readFileSync(first.file))).toBe(first.sha256)
  expect(statSync(first.file).size).toBe(first.sizeBytes)

  chmodSync(join(two, 'server.js'), 0o755)
  expect((await prepare(two)).sha256).not.toBe(first.sha256)
})

test('a directory is taken in by the store, and unpacks with the system’s tar to what it was', async () => {
  const directory = await temporaryDirectory()
  write(directory, Object.keys(FILES), new Date())
  const { file, sha256: declaredDigest, sizeBytes } = await prepare(directory)
  const { store } = await openStore()
  const artifact = await store.put(createReadStream(file), { field: 'srv', declaredDigest, sizeBytes })
  expect(artifact).toMatchObject({ digest: declaredDigest, sizeBytes })

  const unpacked = await temporaryDirectory()
  execFileSync('tar', ['-xpf', file, '-C', unpacked])
  expect(execFileSync('diff', ['-r', '--no-dereference', directory, unpacked]).toString()).toBe('')
  expect(statSync(join(unpacked, 'bin/run')).mode & 0o777).toBe(0o755)
  expect(statSync(join(unpacked, 'server.js')).mtimeMs).toBe(0)
  expect(readdirSync(unpacked, { recursive: true })).toHaveLength(artifact.entries)
})

test.each([
  ['package.tar', tar([{ path: 'a', content: 'x' }])],
  ['package.tgz', gzipSync(tar([{ path: 'a', content: 'x' }]))],
  ['named-by-nobody', zstdCompressSync(tar([{ path: 'a', content: 'x' }]))],
])('the archive %s goes as it is', async (name, bytes) => {
  const file = join(await temporaryDirectory(), name)
  writeFileSync(file, bytes)
  const prepared = await prepare(file)
  expect(prepared).toMatchObject({ file, sha256: sha256(bytes), sizeBytes: bytes.length })
  await prepared.cleanup()
  expect(existsSync(file)).toBe(true)
})

test('cleaning up removes the packed directory, and may be done twice', async () => {
  const directory = await temporaryDirectory()
  writeFileSync(join(directory, 'a'), 'x')
  const { file, cleanup } = await prepare(directory)
  await cleanup()
  await cleanup()
  expect(existsSync(dirname(file))).toBe(false)
})

const NO_TAR = 'PATH: is not a tar archive'
const KINDS = 'only files, directories and links'
const nothing = (): void => {}
const directoryWith = (fill: (name: (base: string) => string) => void) => (path: string) => {
  mkdirSync(path)
  fill(base => join(path, base))
}
const setuidFile = (path: string): void => {
  writeFileSync(path, '')
  chmodSync(path, 0o4755)
}

test.each([
  ['a path that is not there', nothing, 'flag_invalid', 'PATH does not exist', EXPECTED],
  ['a file that is no archive', path => writeFileSync(path, 'PK'), 'package_invalid', NO_TAR, EXPECTED],
  ['an empty file', path => writeFileSync(path, ''), 'package_invalid', NO_TAR, EXPECTED],
  ['a pipe', path => execFileSync('mkfifo', [path]), 'package_invalid', NO_TAR, EXPECTED],
  ['an empty directory', directoryWith(nothing), 'package_invalid', 'PATH: the package has no files', 'at least one file'],
  ['a link out of the directory', directoryWith(name => symlinkSync('/etc/passwd', name('a'))),
    'package_invalid', 'PATH: entry "a" is a link to "/etc/passwd", which is absolute', 'a relative target inside the package'],
  ['a pipe in the directory', directoryWith(name => execFileSync('mkfifo', [name('p')])),
    'package_invalid', 'PATH: entry "p" is of the type FIFO', KINDS],
  ['a setuid file', directoryWith(name => setuidFile(name('su'))),
    'package_invalid', 'PATH: entry "su" is setuid or setgid', 'a mode without these bits: chmod ug-s'],
  ['a name that is not UTF-8', directoryWith(name => writeFileSync(Buffer.from(name('\xe9'), 'latin1'), '')),
    'package_invalid', 'PATH: entry "\ufffd" has a name that is not UTF-8', 'names in UTF-8'],
] satisfies [string, (path: string) => unknown, string, string, string][])('refuses %s', async (_what, make, code, message, expected) => {
  const path = join(await temporaryDirectory(), 'package')
  make(path)
  expect(await refusalOf(preparePackage(path, 'cmd'))).toEqual({ code, message: message.replace('PATH', path), field: '--cmd', expected })
})
