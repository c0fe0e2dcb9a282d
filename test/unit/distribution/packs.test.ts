/** Chunks, packs and manifests: what is shared is cut alike, and nothing that is not what its name says is taken. */
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../shared/digest.ts'
import { CHUNK_MAX_BYTES, CHUNK_MIN_BYTES, Chunker, chunksOf } from '../../../shared/distribution/chunker.ts'
import {
  decodeManifest, decodePage, encodeManifest, encodePage, packsOf, pagesOf, pieceOf, rawBytesOf,
} from '../../../shared/distribution/manifest-codec.ts'
import { MAX_CHUNKS_PER_PAGE } from '../../../shared/distribution/manifest.ts'
import type { Chunk, Manifest, Pack } from '../../../shared/distribution/manifest.ts'
import { decodePack, encodePack, PACK_MAX_BYTES, runDigest, runsOf } from '../../../shared/distribution/pack.ts'
import type { Run } from '../../../shared/distribution/pack.ts'
import { PIECE_MAX_BYTES } from '../../../shared/distribution/piece.ts'
import { noise } from './artifacts.ts'

const MIB = 1024 * 1024
const RUNS = Math.min(50, Number(process.env['MUSTER_FC_RUNS'] ?? 30))

function chunked(bytes: Buffer, ends: readonly number[] = []): Buffer[] {
  const chunker = new Chunker()
  const cuts = [0, ...ends.map((end) => end % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  const chunks = cuts.flatMap((from, n) => [...chunker.cut(bytes.subarray(from, cuts[n + 1] ?? from))])
  const last = chunker.finish()
  return last === null ? chunks : [...chunks, last]
}

async function runs(bytes: Buffer, artifactBytes = bytes.length): Promise<Run[]> {
  return await Array.fromAsync(runsOf((async function* () { yield bytes })(), artifactBytes))
}

describe('chunks', () => {
  const stream = noise(3 * MIB)

  test('are the same however the stream arrives', async () => {
    const whole = chunked(stream).map(sha256)
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(), { maxLength: 40 }), async (ends) => {
      expect(chunked(stream, ends).map(sha256)).toEqual(whole)
    }), { numRuns: RUNS })
    expect((await Array.fromAsync(chunksOf([stream]))).map(sha256)).toEqual(whole)
  })

  test('make the stream, and have the sizes that they may have', () => {
    const chunks = chunked(stream)
    expect(Buffer.concat(chunks).equals(stream)).toBe(true)
    expect(Math.min(...chunks.slice(0, -1).map(({ length }) => length))).toBeGreaterThanOrEqual(CHUNK_MIN_BYTES)
    expect(chunked(Buffer.alloc(2 * MIB, 'x')).map(({ length }) => length)).toEqual(Array.from({ length: 8 }, () => CHUNK_MAX_BYTES))
    expect(chunks.length).toBeGreaterThan(25)
    expect(chunks.length).toBeLessThan(75)
  })

  test('far from what was inserted stay what they were', () => {
    const before = new Set(chunked(stream).map(sha256))
    const after = chunked(Buffer.concat([stream.subarray(0, MIB), Buffer.from('inserted'), stream.subarray(MIB)])).map(sha256)
    expect(after.filter((digest) => !before.has(digest)).length).toBeLessThan(6)
  })

  test('end where they always have: the store of every coordinator is cut by the same table', () => {
    const lengths = chunked(noise(MIB)).map(({ length }) => length)
    expect(lengths).toEqual([134_952, 69_836, 81_858, 82_412, 69_255, 72_826, 70_191, 86_186, 85_244, 70_212, 72_070, 22_738, 84_753, 46_043])
  })
})

describe('packs', () => {
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, n) => `line ${n} of ${sha256(String(n)).slice(0, 8)}\n`).join(''))

  test('hold the chunks of the stream, in order, and give them back', async () => {
    for (const stream of [text, noise(2 * MIB), Buffer.from('small')]) {
      const all = await runs(stream)
      const packed = await Promise.all(all.map(encodePack))
      const back = await Promise.all(all.map((run, n) => decodePack(run, packed[n]!)))
      expect(Buffer.concat(back).equals(stream)).toBe(true)
      expect(all.flatMap((run) => run.chunks)).toEqual(chunked(stream).map((bytes) => ({ digest: sha256(bytes), sizeBytes: bytes.length })))
    }
    expect(await runs(Buffer.alloc(0))).toEqual([])
  })

  test('of incompressible bytes are about as small as chunks, of compressible ones larger, and none is too large to travel', async () => {
    const packBytes = async (stream: Buffer, artifactBytes?: number): Promise<number[]> => {
      const packed = await Promise.all((await runs(stream, artifactBytes)).map(encodePack))
      return packed.map(({ length }) => length)
    }
    expect((await packBytes(noise(4 * MIB))).length).toBeGreaterThan(25)
    expect((await packBytes(text)).length).toBeLessThan(chunked(text).length)
    const largest = await packBytes(noise(12 * MIB), 64 * 1024 ** 3)
    expect(Math.max(...largest)).toBeLessThanOrEqual(PIECE_MAX_BYTES)
    expect(largest.length).toBeLessThan(8)
  })

  test('away from a change are the same, byte for byte', async () => {
    const changed = Buffer.concat([text.subarray(0, 500_000), Buffer.from('inserted'), text.subarray(500_000)])
    const [before, after] = [await runs(text), await runs(changed, text.length)]
    const known = new Set(before.map(({ chunks }) => runDigest(chunks)))
    expect(after.filter(({ chunks }) => !known.has(runDigest(chunks))).length).toBeLessThan(after.length / 2)
  })

  test('that are damaged anywhere are refused', async () => {
    const [run] = await runs(text.subarray(0, 100_000))
    const packed = await encodePack(run!)
    await fc.assert(fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const damaged = Buffer.from(packed)
      damaged[at]! ^= flip
      // A few bits of a frame's head mean nothing: then the bytes are right.
      await decodePack(run!, damaged).then(
        (bytes) => expect(bytes.equals(run!.bytes)).toBe(true),
        (error: unknown) => expect(error).toMatchObject({ problem: { code: 'piece_invalid' } }),
      )
    }), { numRuns: RUNS })
  })

  test.each<[string, Chunk[], Buffer]>([
    ['more bytes than its chunks', [{ digest: sha256('x'), sizeBytes: 1 }], zstdCompressSync(Buffer.alloc(64 * MIB))],
    ['fewer', [{ digest: sha256('xy'), sizeBytes: 2 }], zstdCompressSync(Buffer.from('x'))],
    ['other ones', [{ digest: sha256('x'), sizeBytes: 1 }], zstdCompressSync(Buffer.from('y'))],
    ['something behind it', [{ digest: sha256('x'), sizeBytes: 1 }], Buffer.concat([zstdCompressSync(Buffer.from('x')), Buffer.from('y')])],
    ['more chunks than a pack may have', [{ digest: sha256('x'), sizeBytes: PACK_MAX_BYTES + 1 }], zstdCompressSync(Buffer.from('x'))],
    ['nothing', [{ digest: sha256('x'), sizeBytes: 1 }], Buffer.alloc(0)],
  ])('with %s are refused', async (_what, chunks, packed) => {
    await expect(decodePack({ chunks }, packed)).rejects.toMatchObject({ problem: { code: 'piece_invalid' } })
  })
})

describe('manifests', () => {
  const packs: Pack[] = Array.from({ length: 300 }, (_, n) => ({
    ...pieceOf(Buffer.from(`pack ${n}`)),
    chunks: Array.from({ length: 1 + n % 64 }, (_chunk, m) => ({ digest: sha256(`${n} ${m}`), sizeBytes: 1 + m })),
  }))
  const manifest: Manifest = {
    version: 1, artifact: { digest: sha256('a'), sizeBytes: 7, entries: 1 },
    layoutBytes: 10, contentBytes: packs.reduce((total, pack) => total + rawBytesOf(pack), 0) - 10,
    packs: packs.length, packBytes: packs.reduce((total, { sizeBytes }) => total + sizeBytes, 0), pages: [pieceOf(Buffer.from('page'))],
  }

  test('come back from their bytes, in pages that are small enough', async () => {
    const pages = pagesOf(packs)
    expect(pages.length).toBeGreaterThan(1)
    expect(Math.max(...pages.map((page) => page.packs.flatMap(({ chunks }) => chunks).length))).toBeLessThanOrEqual(MAX_CHUNKS_PER_PAGE)
    const back = await Promise.all(pages.map(async (page) => await decodePage(await encodePage(page))))
    const root = await decodeManifest(await encodeManifest(manifest))
    expect(root).toEqual(manifest)
    expect(packsOf(root, back)).toEqual(packs)
    expect(pagesOf([])).toEqual([])
  })

  test('whose pages are not theirs are refused', () => {
    expect(() => packsOf(manifest, pagesOf(packs.slice(1)))).toThrow('its pages have other packs')
    expect(() => packsOf({ ...manifest, contentBytes: 1 }, pagesOf(packs))).toThrow('its pages have other packs')
  })

  test.each<[string, Buffer]>([
    ['no zstd', Buffer.from('{}')],
    ['no JSON', zstdCompressSync(Buffer.from('{'))],
    ['another shape', zstdCompressSync(Buffer.from('{"version":2}'))],
    ['a bomb', zstdCompressSync(Buffer.alloc(512 * MIB))],
  ])('that are %s are refused', async (_what, bytes) => {
    await expect(decodeManifest(bytes)).rejects.toMatchObject({ problem: { code: 'piece_invalid' } })
    await expect(decodePage(bytes)).rejects.toMatchObject({ problem: { code: 'piece_invalid' } })
  })
})
