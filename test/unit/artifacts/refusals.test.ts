/** Every package that the store refuses, with the words it is refused with, and nothing left of it. */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { PACKAGE_LIMITS } from '../../../shared/package/limits.ts'
import { leftIn, openStore, put, refusalOf } from './store-fixture.ts'
import { END, entry, header, patchFirstHeader, tar, withPaxRecord, type FixtureEntry } from './tar-fixture.ts'

const FORMATS = 'a tar archive: .tar, .tar.gz or .tar.zst'
const INSIDE = 'a target inside the package'
const KINDS = 'only files, directories and links'
const GZIP = 'a whole gzip stream and nothing behind it'
const ZSTD = 'a whole zstd stream and nothing behind it'
const WHOLE = 'a whole archive, with its end mark'
const MODE = 'a mode without these bits: chmod ug-s'
const ONCE = 'every path once'
const NO_CLIMB = 'paths without ".."'
const FILES = 'at least one file'
const ALONE = 'one archive and nothing behind it'
const SHORT = 'names of at most 255 bytes, paths of at most 1024'
const RELATIVE = 'a relative target inside the package'
const BELOW = 'entries below directories only'
const ROOTED = 'paths relative to the package’s root'
const LOST_NAME = 'the archive is damaged at its beginning: its next name has a line break, a NUL or bytes that are not UTF-8'
const file = (path: string): FixtureEntry => ({ path, content: 'x' })
const link = (path: string, linkpath: string): FixtureEntry => ({ path, type: 'SymbolicLink', linkpath })
const hardLink = (path: string, linkpath: string): FixtureEntry => ({ path, type: 'Link', linkpath })
const good = tar([file('a')])
const damagedGzip = Buffer.from(gzipSync(tar([file('a')]))).fill(0, 20, 30)
const binary = (text: string): Buffer => Buffer.from(text, 'latin1')

const CASES: [name: string, bytes: Buffer, message: string, expected: string][] = [
  ['no bytes', Buffer.alloc(0), 'the package is empty', FORMATS],
  ['text', Buffer.from('hello'), 'the package is not a tar archive', FORMATS],
  ['a long text', Buffer.from('hello'.repeat(1000)), 'the package is not a tar archive', FORMATS],
  ['a zip', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(2000)]), 'the package is not a tar archive', FORMATS],
  ['gzip of a text', gzipSync('hello'), 'the package is not a tar archive', FORMATS],
  ['gzip of a long text', gzipSync('hello'.repeat(1000)), 'the package is not a tar archive', FORMATS],
  ['zstd of a text', zstdCompressSync('hello'), 'the package is not a tar archive', FORMATS],
  ['gzip of nothing', gzipSync(''), 'the package is not a tar archive', FORMATS],
  ['gzip of a gzip', gzipSync(gzipSync(tar([{ path: 'a', content: 'abc'.repeat(9999) }]), { level: 0 })),
    'the package is compressed twice', FORMATS],
  ['damaged gzip', damagedGzip, 'the gzip stream is damaged: incorrect data check', GZIP],
  ['gzip cut short', gzipSync(good).subarray(0, -4), 'the gzip stream is damaged: unexpected end of file', GZIP],
  ['zstd cut short', zstdCompressSync(good).subarray(0, -4), 'the zstd stream is damaged: unexpected end of file', ZSTD],
  ['bytes behind a gzip', Buffer.concat([gzipSync(good), Buffer.from('more')]), 'the gzip stream is damaged: incorrect header check', GZIP],
  ['bytes behind a zstd', Buffer.concat([zstdCompressSync(good), Buffer.from('more')]),
    'the zstd stream is damaged: Trailing junk found after the end of the compressed stream', ZSTD],
  ['cut short in a content', good.subarray(0, 600), 'the archive is cut short after entry "a"', WHOLE],
  ['cut short between entries', good.subarray(0, 1024), 'the archive is cut short after entry "a"', WHOLE],
  ['half an end mark', good.subarray(0, 1536), 'the archive is cut short after entry "a"', WHOLE],
  ['nothing but half an end mark', Buffer.alloc(512), 'the archive is cut short at its beginning', WHOLE],
  ['bytes behind the end', Buffer.concat([good, Buffer.from('more')]), 'the archive has bytes after its end', ALONE],
  ['a second archive behind the end', Buffer.concat([good, good]), 'the archive has bytes after its end', ALONE],
  ['a damaged header', Buffer.concat([entry(file('a')), Buffer.alloc(512, 7), END]),
    'the archive is damaged after entry "a": its next header is not one', FORMATS],
  ['no entries', END, 'the package has no files', FILES],
  ['directories alone', tar([{ path: './', type: 'Directory' }, { path: 'a/', type: 'Directory' }]), 'the package has no files', FILES],
  ['an absolute path', tar([file('/etc/passwd')]), 'entry "/etc/passwd" has an absolute path', ROOTED],
  ['a Windows path', tar([file('c:evil')]), 'entry "c:evil" has an absolute path', ROOTED],
  ['a path that climbs', tar([file('a/../../b')]), 'entry "a/../../b" climbs with ".."', NO_CLIMB],
  ['a path that climbs by backslash', tar([file('a\\..\\b')]), 'entry "a\\\\..\\\\b" has ".." beside a backslash', NO_CLIMB],
  ['a file without a name', tar([file('.')]), 'entry "." has no name', 'a name below the package’s root'],
  ['a path twice', tar([file('a/b'), file('./a//b')]), 'entry "./a//b" comes twice', ONCE],
  ['a file where a directory was', tar([file('a/b'), file('a')]), 'entry "a" comes twice, as a directory and as a file', ONCE],
  ['an entry below a file', tar([file('a'), file('a/b')]), 'entry "a/b" lies below "a", which is a file', BELOW],
  ['an entry below a link', tar([file('d/x'), link('a', 'd'), file('a/b')]), 'entry "a/b" lies below "a", which is a symlink', BELOW],
  ['an entry deep below a link', tar([link('a', '.'), file('a/b/c/d')]), 'entry "a/b/c/d" lies below "a", which is a symlink', BELOW],
  ['a link where a directory was', tar([file('a/b'), link('a', 'c')]), 'entry "a" comes twice, as a directory and as a symlink', ONCE],
  ['an absolute link', tar([link('a', '/etc')]), 'entry "a" is a link to "/etc", which is absolute', RELATIVE],
  ['a link that leaves the tree', tar([link('a/b', '../../c')]),
    'entry "a/b" is a link to "../../c", which is outside of the package', INSIDE],
  ['a link that climbs by another', tar([link('d/up', '..'), link('a', 'd/up/..')]),
    'entry "a" is a link to "d/up/..", which climbs after it descends', 'a target with its ".." at the beginning'],
  ['a hard link to a file outside', tar([hardLink('a', '../b')]), 'entry "a" is a link to "../b", which is outside of the package', INSIDE],
  ['a hard link to an absolute path', tar([hardLink('a', '/etc/shadow')]),
    'entry "a" is a link to "/etc/shadow", which is absolute', RELATIVE],
  ['a hard link to a file that is not there', tar([hardLink('a', 'b'), file('b')]),
    'entry "a" is a hard link to "b", which is no file before it', 'a file that comes earlier in the package'],
  ['a hard link to a symlink', tar([link('b', 'c'), hardLink('a', 'b')]),
    'entry "a" is a hard link to "b", which is no file before it', 'a file that comes earlier in the package'],
  ['a device', tar([{ path: 'dev/sda', type: 'BlockDevice' }]), 'entry "dev/sda" is of the type BlockDevice', KINDS],
  ['a pipe', tar([{ path: 'pipe', type: 'FIFO' }]), 'entry "pipe" is of the type FIFO', KINDS],
  ['a sparse file', tar([{ path: 'sparse', type: 'SparseFile' }]), 'entry "sparse" is of the type SparseFile', KINDS],
  ['an unknown type', patchFirstHeader(good, 156, Buffer.from('Z')), 'entry "a" is of the type Unsupported', KINDS],
  ['setuid', tar([{ path: 'su', mode: 0o4755 }]), 'entry "su" is setuid or setgid', MODE],
  ['setgid', tar([{ path: 'su', mode: 0o2755 }]), 'entry "su" is setuid or setgid', MODE],
  ['a control character', tar([file('a\x1b[2Jb')]),
    'entry "a\\u001b[2Jb" has a control character in a name', 'names of printable characters'],
  ['a name that is not UTF-8', patchFirstHeader(good, 0, binary('\xff\xfe')),
    'entry "\ufffd\ufffd" has a name that is not UTF-8', 'names in UTF-8'],
  ['a NUL in a PAX name', withPaxRecord('path', 'a\0b'), LOST_NAME, FORMATS],
  ['a line break in a PAX name', withPaxRecord('path', 'a\nb'), LOST_NAME, FORMATS],
  ['a PAX name that is not UTF-8', withPaxRecord('path', binary('\xff')), LOST_NAME, FORMATS],
  ['a NUL in a GNU name', Buffer.concat([entry({ path: '././@LongLink', type: 'NextFileHasLongPath', content: 'a\0b\0' }), good]),
    LOST_NAME, FORMATS],
  ['a size that is no number of bytes', withPaxRecord('size', '0.5'),
    'the archive is damaged at its beginning: its next header has no valid size', FORMATS],
  ['a huge extended header', Buffer.concat([header({ path: 'x', type: 'ExtendedHeader' }, 70_000), Buffer.alloc(70_000)]),
    'the archive is damaged at its beginning: its next extended header has more than 65536 bytes', FORMATS],
  ['too long a name', tar([file('n'.repeat(256))]), `entry "${'n'.repeat(120)}…" has too long a name`, SHORT],
  ['too long a path', tar([file('dir/'.repeat(300))]), `entry "${'dir/'.repeat(30)}…" has too long a name`, SHORT],
  ['a link without a target', patchFirstHeader(tar([link('a', 'b')]), 157, Buffer.alloc(100)),
    'the archive is damaged: TAR_ENTRY_INVALID: linkpath required', 'headers as tar writes them'],
]

test.each(CASES)('refuses %s', async (_name, bytes, message, expected) => {
  const { store, dataDir } = await openStore()
  expect(await refusalOf(put(store, bytes))).toEqual({ code: 'package_invalid', message, expected, field: 'srv' })
  expect(await leftIn(dataDir)).toEqual([])
})

test('the words do not depend on how the bytes arrive', async () => {
  const { store } = await openStore()
  // The zstd library has other words for bytes in the chunk of its end than for bytes in the next one.
  for (const [, bytes, message] of CASES.filter(([name, { length }]) => length < 5000 && name !== 'bytes behind a zstd')) {
    expect((await refusalOf(put(store, bytes, 1))).message).toBe(message)
  }
})

test.each([
  ['as sent', { maxPackedBytes: 2000 }, 'the package is too large', 'at most 2 KiB as it is sent'],
  ['unpacked', { maxUnpackedBytes: 2000 }, 'the package unpacks to too much', 'at most 2 KiB unpacked'],
  ['in entries', { maxEntries: 3 }, 'entry "b/c" is one too many', 'at most 3 files, directories and links'],
])('refuses what is too large %s', async (_name, limit, message, expected) => {
  const { store, dataDir } = await openStore({ limits: { ...PACKAGE_LIMITS, ...limit } })
  const bytes = tar([{ path: 'a/x', content: 'x' }, { path: 'b/c', content: 'x' }])
  expect(await refusalOf(put(store, bytes))).toEqual({ code: 'package_too_large', message, expected, field: 'srv' })
  expect(await leftIn(dataDir)).toEqual([])
})
