/** What artifacts are kept as: pieces by their names, shared between releases; differences; what a version before has kept; and what becomes of it when pieces are lost. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { applyDelta, decodeDelta } from '../../../shared/distribution/delta-apply.ts'
import { decodeManifest, decodePage, packsOf } from '../../../shared/distribution/manifest-codec.ts'
import type { Pack } from '../../../shared/distribution/manifest.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import { rejoin } from '../../../shared/distribution/rejoin.ts'
import { openStreams } from '../../../coordinator/adapters/artifacts/streams.ts'
import { openFileObjects } from '../../../coordinator/adapters/artifacts/objects/file-objects.ts'
import { openStore, put, readAll, temporaryDirectory } from './store-fixture.ts'
import type { TestStore } from './store-fixture.ts'
import { noise, sha256, tar } from './tar-fixture.ts'

/** So large that it takes a thread, with six such files. */
const LARGE = 400_000

function release(version: string, fileBytes = 60_000): Buffer {
  const files = Array.from({ length: 6 }, (_, n) => ({ path: `lib/${n}.bin`, content: noise(`file ${n}`, fileBytes) }))
  return tar([...files, { path: 'version', content: version }, { path: 'z.js', content: `console.log('${version}')\n`.repeat(2000) }])
}

async function packsIn(store: TestStore['store'], root: Piece): Promise<Pack[]> {
  const manifest = await decodeManifest(Buffer.from((await store.piece(root.digest))!))
  const pages = await Promise.all(manifest.pages.map(async ({ digest }) => decodePage(Buffer.from((await store.piece(digest))!))))
  return packsOf(manifest, pages)
}

test('a large package is taken in by a thread; its pieces are there by their names, and make it again', async () => {
  const { store } = await openStore()
  const bytes = release('1', LARGE)
  const artifact = await put(store, zstdCompressSync(bytes), 100_000)
  expect(artifact.digest).toBe(sha256(bytes))
  const root = (await store.manifest(artifact.digest))!
  const packs = await packsIn(store, root)
  for (const { digest, sizeBytes } of [root, ...packs]) {
    const piece = (await store.piece(digest))!
    expect([sha256(Buffer.from(piece)), piece.length]).toEqual([digest, sizeBytes])
  }
  const { stream, sizeBytes } = await store.open(artifact.digest)
  expect([sizeBytes, (await readAll(stream)).equals(bytes)]).toEqual([bytes.length, true])
})

test('equal tars have equal pieces, wherever and however they came in; two releases share what they have in common', async () => {
  const [one, other] = [(await openStore()).store, (await openStore()).store]
  const roots = await Promise.all([put(one, release('1')), put(other, zstdCompressSync(release('1')))].map(async (kept, n) => [one, other][n]!.manifest((await kept).digest)))
  expect(roots[0]).toEqual(roots[1])
  const next = (await one.manifest((await put(one, release('2'))).digest))!
  const [before, after] = [await packsIn(one, roots[0]!), await packsIn(one, next)]
  const known = new Set(before.map(({ digest }) => digest))
  const freshBytes = after.filter(({ digest }) => !known.has(digest)).reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  expect(after.length - after.filter(({ digest }) => !known.has(digest)).length).toBeGreaterThan(2)
  expect(freshBytes).toBeLessThan(200_000)
})

test('the difference between two releases is made once, is small, and makes the new one of the old', async () => {
  const { store, dataDir } = await openStore()
  const [base, next] = [(await put(store, release('1', LARGE))).digest, (await put(store, release('2', LARGE))).digest]
  expect(await store.delta(base, next)).toBeNull()
  const { signal } = new AbortController()
  const [offered, again] = await Promise.all([store.makeDelta(base, next, signal), store.makeDelta(base, next, signal)])
  expect(offered).toEqual(again)
  expect(offered!.totalBytes).toBeLessThan(3000)
  expect(await store.delta(base, next)).toEqual(offered)
  expect(await (await openStore({}, dataDir)).store.delta(base, next)).toEqual(offered)

  const delta = await decodeDelta(Buffer.from((await store.piece(offered!.root.digest))!))
  const pieces = await Promise.all(delta.parts.map(async ({ digest }) => Buffer.from((await store.piece(digest))!)))
  const streams = await openStreams(await openFileObjects(join(dataDir, 'artifacts')), (await store.manifest(base))!)
  const stream = Buffer.concat(await Array.fromAsync(applyDelta(streams, delta, Readable.from(pieces))))
  const read = async (offset: number, length: number) => stream.subarray(offset, offset + length)
  const made = Buffer.concat(await Array.fromAsync(rejoin({ ...delta, read }, delta.artifact.sizeBytes)))
  expect(sha256(made)).toBe(next)
})

test('what would not be worth it is remembered as that; of what is not here there is none; who does not wait gets none yet', async () => {
  const { store, dataDir } = await openStore()
  const unlike = tar([{ path: 'lib/0.bin', content: noise('other', 100_000) }])
  const [base, next] = [(await put(store, release('1'))).digest, (await put(store, unlike)).digest]
  const { signal } = new AbortController()
  expect(await store.makeDelta(base, next, signal)).toBeNull()
  expect(await readdir(join(dataDir, 'artifacts/deltas', next))).toEqual([base])
  expect(await store.makeDelta('0'.repeat(64), next, signal)).toBeNull()
  expect(await store.makeDelta(base, base, signal)).toBeNull()
  expect(await store.makeDelta(next, base, AbortSignal.abort())).toBeNull()
})

test('what a version before has kept as a file is found, and taken in when its manifest is wanted', async () => {
  const dataDir = await temporaryDirectory()
  const bytes = release('1')
  const digest = sha256(bytes)
  const folder = join(dataDir, 'artifacts', digest.slice(0, 2))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, digest), bytes)
  await writeFile(join(folder, `${digest}.json`), '{"entries":8}')
  const { store } = await openStore({}, dataDir)
  expect(await store.stat(digest)).toEqual({ digest, sizeBytes: bytes.length, entries: 8 })
  expect(await readdir(folder)).toHaveLength(2)
  const roots = await Promise.all([store.manifest(digest), store.manifest(digest)])
  expect(roots[0]).toEqual(roots[1])
  expect(await readdir(folder)).toEqual([])
  expect(await store.stat(digest)).toEqual({ digest, sizeBytes: bytes.length, entries: 8 })
  expect((await readAll((await store.open(digest)).stream)).equals(bytes)).toBe(true)
})

test('a piece that was lost or spoilt is nobody’s; the same package, sent once more, mends the artifact', async () => {
  const { store, dataDir } = await openStore()
  const bytes = release('1')
  const { digest } = await put(store, bytes)
  const [first, second] = await packsIn(store, (await store.manifest(digest))!)
  const pathOf = (piece: Piece) => join(dataDir, 'artifacts/pieces', piece.digest.slice(0, 2), piece.digest)
  await rm(pathOf(first!))
  expect(await store.piece(first!.digest)).toBeNull()
  await expect(readAll((await store.open(digest)).stream)).rejects.toThrow('is missing in the store')
  await put(store, bytes)
  expect((await readAll((await store.open(digest)).stream)).equals(bytes)).toBe(true)
  await writeFile(pathOf(second!), 'spoilt')
  expect(await store.piece(second!.digest)).toBeNull()
  await expect(readAll((await store.open(digest)).stream)).rejects.toThrow('is not what it was')
})

test('a store that is closed while a difference is made, whoever waits for it, writes nothing after that', async () => {
  const { store, dataDir, close } = await openStore()
  const [{ digest: base }, { digest: next }] = [await put(store, release('1')), await put(store, release('2'))]
  const impatient = new AbortController()
  const waiting = store.makeDelta(base, next, impatient.signal)
  await delay(5)
  impatient.abort()
  expect(await waiting).toBeNull()
  await close()
  const files = async () => (await readdir(dataDir, { recursive: true })).toSorted()
  const before = await files()
  await delay(300)
  expect(await files()).toEqual(before)
})

test('names that are none are nobody’s', async () => {
  const { store } = await openStore()
  for (const name of ['', '../../etc/passwd', 'F'.repeat(64)]) {
    expect([await store.piece(name), await store.manifest(name), await store.hold(name), await store.delta(name, name)]).toEqual([null, null, null, null])
  }
})
