/** Pieces on a real disk: what is kept, what goes, what a crash and a full disk leave. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../shared/digest.ts'
import { PieceFiles } from '../../../shared/pieces/files.ts'

const SIZE = 1000

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-pieces-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

type Made = { digest: string; sizeBytes: number; bytes: Buffer }

function made(sizeBytes = SIZE): Made {
  const bytes = randomBytes(sizeBytes)
  return { digest: sha256(bytes), sizeBytes, bytes }
}

const keep = (files: PieceFiles, { bytes, ...piece }: Made) => files.store(piece, bytes)
const pathOf = ({ digest }: Made): string => join(dir, digest.slice(0, 2), digest)
const onDisk = async (): Promise<string[]> => (await readdir(dir, { recursive: true, withFileTypes: true })).filter((one) => one.isFile()).map(({ name }) => name)

test('what is stored can be read, also after a restart, and counts', async () => {
  const files = await PieceFiles.open(dir, 10 * SIZE)
  const [one, two] = [made(), made(5)]
  expect(await Promise.all([keep(files, one), keep(files, one), keep(files, two)])).toEqual(['stored', 'stored', 'stored'])
  for (const again of [files, await PieceFiles.open(dir, 10 * SIZE)]) {
    expect([again.has(one.digest), await again.read(one.digest), again.usedBytes]).toEqual([true, one.bytes, SIZE + 5])
    expect(await again.read('0'.repeat(64))).toBeNull()
  }
})

test('bytes that are not those of the name are refused, and nothing of them is left', async () => {
  const files = await PieceFiles.open(dir, 10 * SIZE)
  const one = made()
  expect(await files.store({ digest: one.digest, sizeBytes: SIZE }, randomBytes(SIZE))).toBe('wrong')
  expect(await files.store({ digest: one.digest, sizeBytes: SIZE - 1 }, one.bytes)).toBe('wrong')
  expect([files.has(one.digest), files.usedBytes, await onDisk()]).toEqual([false, 0, []])
})

test('beyond the budget what was used least recently goes, and never what is pinned', async () => {
  const files = await PieceFiles.open(dir, 3 * SIZE)
  const [pinned, used, unused, next] = [made(), made(), made(), made()]
  files.pin('release', [pinned.digest])
  for (const one of [pinned, used, unused]) await keep(files, one)
  await files.read(used.digest)
  expect(await keep(files, next)).toBe('stored')
  expect([pinned, used, unused, next].map(({ digest }) => files.has(digest))).toEqual([true, true, false, true])
  expect(files.usedBytes).toBe(3 * SIZE)
})

test('where all that is here is pinned there is no room, until somebody needs less', async () => {
  const files = await PieceFiles.open(dir, 2 * SIZE)
  const [one, two, three] = [made(), made(), made()]
  files.pin('a', [one.digest, two.digest])
  files.pin('b', [two.digest])
  for (const piece of [one, two]) await keep(files, piece)
  expect(await keep(files, three)).toBe('full')
  files.unpin('a')
  expect(await keep(files, three)).toBe('stored')
  expect([one, two, three].map(({ digest }) => files.has(digest))).toEqual([false, true, true])
  expect((await onDisk()).sort()).toEqual([two.digest, three.digest].sort())
})

test('pieces that are stored at the same time do not share the same room', async () => {
  const files = await PieceFiles.open(dir, 2 * SIZE)
  const pieces = Array.from({ length: 5 }, () => made())
  files.pin('all', pieces.map(({ digest }) => digest))
  const outcomes = await Promise.all(pieces.map((piece) => keep(files, piece)))
  expect(outcomes.filter((one) => one === 'stored').length).toBeLessThanOrEqual(2)
  expect(files.usedBytes).toBeLessThanOrEqual(2 * SIZE)
})

test('what a crash has left half written goes; what was damaged meanwhile is not given out, and can come again', async () => {
  const [whole, short, changed] = [made(), made(), made()]
  const before = await PieceFiles.open(dir, 10 * SIZE)
  for (const one of [whole, short, changed]) await keep(before, one)
  const half = made()
  await mkdir(join(dir, half.digest.slice(0, 2)), { recursive: true })
  await writeFile(`${pathOf(half)}.part`, half.bytes.subarray(0, 10))
  await truncate(pathOf(short), 500)
  await writeFile(pathOf(changed), randomBytes(SIZE))
  const after = await PieceFiles.open(dir, 10 * SIZE)
  expect(after.has(half.digest)).toBe(false)
  expect([await after.read(whole.digest), await after.read(short.digest), await after.read(changed.digest)]).toEqual([whole.bytes, null, null])
  expect([after.has(short.digest), after.usedBytes, await onDisk()]).toEqual([false, SIZE, [whole.digest]])
  expect([await keep(after, changed), await after.read(changed.digest)]).toEqual(['stored', changed.bytes])
})

test('a smaller budget after a restart: what was used longest ago goes first', async () => {
  const before = await PieceFiles.open(dir, 10 * SIZE)
  const pieces = Array.from({ length: 4 }, () => made())
  for (const [at, piece] of pieces.entries()) {
    await keep(before, piece)
    await utimes(pathOf(piece), 1000 + at, 1000 + at)
  }
  const after = await PieceFiles.open(dir, 2 * SIZE)
  expect(pieces.map(({ digest }) => after.has(digest))).toEqual([false, false, true, true])
})

test('a disk that takes no more is said so, others make room, and no half file is left', async () => {
  // a process that may write no file beyond so many blocks of 512 bytes stands for the disk
  const script = join(import.meta.dirname, 'storing-process.ts')
  const { stdout } = await promisify(execFile)('sh', ['-c', `trap '' XFSZ; ulimit -f 4; exec "${process.execPath}" "${script}" "${dir}" 1000 4000`])
  expect(JSON.parse(stdout)).toEqual({ outcomes: ['stored', 'full'], usedBytes: 0 })
  expect(await onDisk()).toEqual([])
})
