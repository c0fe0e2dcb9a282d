/**
 * Tars taken apart and rejoined: whatever they are, the bytes come back; whatever the streams are, nothing worse than a refusal comes of
 * them.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { create } from 'tar'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MusterError } from '../../../shared/errors.ts'
import { compress } from '../../../shared/distribution/zstd.ts'
import { END, entry, header, padded, tar, withPaxRecord } from '../artifacts/tar-fixture.ts'
import { memoryAt, noise, rejoined, streamsOf } from './artifacts.ts'

const RUNS = Number(process.env['MUSTER_FC_RUNS'] ?? 200)
const run = promisify(execFile)

const TOUCHED_FILES = 20
type Laid = Awaited<ReturnType<typeof streamsOf>>

async function expectSame(archive: Buffer): Promise<void> {
  const back = await rejoined(await streamsOf(archive), archive.length)
  expect(back.equals(archive)).toBe(true)
}

const path = fc.oneof(
  fc.stringMatching(/^[a-c]{1,3}(\/[a-c]{1,3}){0,2}\/?$/), fc.stringMatching(/^[a-c]{90,120}\/[a-z]{1,90}$/), fc.constant('包/é'),
)
const file = fc.record({ path, content: fc.oneof(fc.string(), fc.nat(3000).map((length) => noise(length))), mode: fc.constantFrom(0o644, 0o755) })
const spot = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 12 }))
const spoiled = fc.tuple(fc.array(file, { maxLength: 8 }), fc.array(spot, { maxLength: 4 }))
  .map(([files, spots]) => {
    const archive = tar(files)
    for (const [at, bytes] of spots) archive.set(bytes.subarray(0, archive.length - at % archive.length), at % archive.length)
    return archive
  })

const longName = entry({ path: '././@LongLink', type: 'NextFileHasLongPath', content: `${'n'.repeat(200)}\0` })

/** An extended header alone. */
function pax(key: string, value: string): Buffer {
  return withPaxRecord(key, value).subarray(0, 1024)
}

describe('the same bytes come back', () => {
  test('of trees, as they are and with bytes overwritten anywhere', async () => {
    await fc.assert(fc.asyncProperty(spoiled, expectSame), { numRuns: RUNS })
  })

  test('of any bytes, tar or not', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), (bytes) => expectSame(Buffer.from(bytes))), { numRuns: RUNS })
  })

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['only an end', END],
    ['an end of half a megabyte', Buffer.concat([tar([{ path: 'a', content: 'x' }]), Buffer.alloc(512 * 1024)])],
    ['no end at all', entry({ path: 'a', content: 'x' })],
    ['cut off in a header', tar([{ path: 'a', content: 'x' }]).subarray(0, 1200)],
    ['bytes after the end', Buffer.concat([tar([{ path: 'a', content: 'x' }]), Buffer.from('more')])],
    ['padding that is not zero', Buffer.concat([header({ path: 'a' }, 3), Buffer.alloc(512, 'x'), END])],
    ['a zero block between two entries', Buffer.concat([entry({ path: 'b', content: 'x' }), Buffer.alloc(512), tar([{ path: 'a', content: 'y' }])])],
    ['the same directory twice', tar([{ path: 'd/', type: 'Directory' }, { path: 'd/a', content: 'x' }, { path: 'd/', type: 'Directory' }])],
    ['GNU long names', Buffer.concat([longName, tar([{ path: 'n', content: 'x' }])])],
    ['a size that only the extended header tells', Buffer.concat([pax('size', '600'), header({ path: 'p' }, 0), padded(noise(600)), END])],
    ['times in an extended header', withPaxRecord('mtime', '1747000000.123456789')],
    ['a record that ends in what a time looks like', withPaxRecord('comment', 'x\n30 mtime=17470000001747000000')],
    ['more extended headers than a head may have', Buffer.concat([...Array.from({ length: 700 }, () => pax('comment', 'x')), tar([{ path: 'a' }])])],
  ])('%s', async (_name, archive) => {
    await expectSame(archive)
  })
})

describe('of a tree on disk', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'muster-streams-'))
    await mkdir(join(dir, 'tree', 'deep', 'n'.repeat(120)), { recursive: true })
    for (let n = 0; n < 40; n += 1) await writeFile(join(dir, 'tree', 'deep', n % 2 === 0 ? '.' : 'n'.repeat(120), `file-${n}`), noise(n * 100, n))
    await symlink('deep/file-2', join(dir, 'tree', 'link'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  const packed = async (name: string, format: string): Promise<Buffer> => {
    const file = join(dir, name)
    if (format === 'node-tar') await create({ file, cwd: dir }, ['tree'])
    else await run('tar', ['-cf', file, `--format=${format}`, '-C', dir, 'tree'])
    return await readFile(file)
  }

  test.each(['node-tar', 'gnu', 'posix', 'ustar', 'v7'])('%s: bytes come back; fresh time stamps change no contents, and the layout little', async (format) => {
    if (format === 'ustar' || format === 'v7') await rm(join(dir, 'tree', 'deep', 'n'.repeat(120)), { recursive: true, force: true })
    const before = await packed(`${format}-1.tar`, format)
    for (let n = 0; n < 2 * TOUCHED_FILES; n += 2) {
      await utimes(join(dir, 'tree', 'deep', `file-${n}`), 1_747_000_000.123456, 1_747_000_000.654321 + n * 7)
    }
    const after = await packed(`${format}-2.tar`, format)
    await expectSame(before)
    await expectSame(after)
    const [old, fresh] = [await streamsOf(before), await streamsOf(after)]
    expect(fresh.bytes.subarray(fresh.layoutBytes).equals(old.bytes.subarray(old.layoutBytes))).toBe(true)
    expect(await costOf(fresh, old)).toBeLessThan(30 * TOUCHED_FILES)
  })
})

/** Of a layout to whoever has the other one. */
async function costOf(fresh: Laid, old: Laid): Promise<number> {
  const [bytes, dictionary] = [fresh, old].map((laid) => laid.bytes.subarray(0, laid.layoutBytes))
  return (await compress(bytes!, { level: 19, dictionary: dictionary! })).length
}

test('the order of entries changes nothing of the contents, and costs the layout its order alone', async () => {
  const entries = Array.from({ length: 300 }, (_, n) => entry({ path: `lib/file-${String(n).padStart(3, '0')}`, content: noise(n, n) }))
  const [sorted, reversed] = await Promise.all([entries, entries.toReversed()].map((order) => streamsOf(Buffer.concat([...order, END]))))
  expect(sorted!.bytes.subarray(sorted!.layoutBytes).equals(reversed!.bytes.subarray(reversed!.layoutBytes))).toBe(true)
  expect(await costOf(reversed!, sorted!)).toBeLessThan(100)
})

test('streams that are damaged anywhere make the artifact or a refusal, and never more bytes than the artifact has', async () => {
  const damages = fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })), { minLength: 1, maxLength: 4 })
  await fc.assert(fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 8 }), damages, async (files, spots) => {
    const archive = tar(files)
    const { bytes, ...streams } = await streamsOf(archive)
    const damaged = Buffer.from(bytes)
    for (const [at, what] of spots) damaged.set(what.subarray(0, damaged.length - at % damaged.length), at % damaged.length)
    const outcome = await rejoined({ ...streams, read: memoryAt(damaged) }, archive.length).then(({ length }) => length, (error: unknown) => error)
    expect(outcome instanceof MusterError ? archive.length : outcome).toBe(archive.length)
  }), { numRuns: RUNS })
})
