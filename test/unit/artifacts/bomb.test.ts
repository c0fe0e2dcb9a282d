/** A small file that unpacks to a gigabyte is refused while it streams, before it is written. */
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { receive } from '../../../coordinator/adapters/artifacts/receive.ts'
import { PACKAGE_LIMITS, type PackageLimits } from '../../../shared/package/limits.ts'
import { chunksOf, leftIn, openStore, put, refusalOf, temporaryDirectory } from './store-fixture.ts'
import { END, header, sha256, tar } from './tar-fixture.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const PIECE = gzipSync(Buffer.alloc(16 * MIB))
const BOMB = Buffer.concat([gzipSync(header({ path: 'zeros' }, GIB)), ...Array.from({ length: 64 }, () => PIECE), gzipSync(END)])
/** Behind the end mark zeros are padding, not an entry: the bound holds for them too. */
const PADDING_BOMB = Buffer.concat([gzipSync(END), ...Array.from({ length: 64 }, () => PIECE)])

/** How many bytes have reached the disk when `bytes` is refused. */
async function writtenOf(bytes: Buffer, limits: PackageLimits): Promise<number> {
  const path = join(await temporaryDirectory(), 'tar')
  const file = await open(path, 'wx')
  const source = Readable.from(chunksOf(bytes, 64 * 1024), { objectMode: false })
  const problem = await refusalOf(receive(source, file, { field: 'srv', declaredDigest: sha256(bytes) }, { limits, stallMs: 60_000 }))
  await file.close()
  expect(problem.code).toBe('package_too_large')
  return (await stat(path)).size
}

test.each([['an entry', BOMB], ['padding', PADDING_BOMB]])('no byte of a bomb in %s is written beyond a bound', async (_name, bomb) => {
  expect(await writtenOf(bomb, { ...PACKAGE_LIMITS, maxUnpackedBytes: 5 * MIB, maxExpansion: Infinity })).toBeLessThanOrEqual(5 * MIB)
  expect(await writtenOf(bomb, { ...PACKAGE_LIMITS, freeExpansionBytes: 3 * MIB, maxExpansion: 1 })).toBeLessThanOrEqual(3 * MIB)
})

test('a zstd bomb is refused alike', async () => {
  const bomb = zstdCompressSync(Buffer.concat([header({ path: 'zeros' }, 80 * MIB), Buffer.alloc(80 * MIB), END]))
  const { store, dataDir } = await openStore()
  expect(await refusalOf(put(store, bomb))).toMatchObject({ code: 'package_too_large' })
  expect(await leftIn(dataDir)).toEqual([])
})

test('what is small is not judged by its expansion', async () => {
  const { store } = await openStore()
  const repetitive = tar([{ path: 'zeros', content: Buffer.alloc(MIB) }])
  expect(await put(store, zstdCompressSync(repetitive))).toMatchObject({ sizeBytes: repetitive.length })
})

test.each([['an entry', BOMB], ['padding', PADDING_BOMB]])('a gigabyte of %s is refused at the bound of expansion', async (_name, bomb) => {
  expect(bomb.length).toBeLessThan(2 * MIB)
  const { store, dataDir } = await openStore()
  expect(await refusalOf(put(store, bomb))).toEqual({
    code: 'package_too_large',
    message: 'the package unpacks to more than 200 times its size',
    expected: 'at most 200 bytes for each byte sent; what is honestly so repetitive may be sent uncompressed',
    field: 'srv',
  })
  expect(await leftIn(dataDir)).toEqual([])
})
