import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { PACKAGE_LIMITS } from '../../../shared/package/limits.ts'
import { leftIn, openStore, put, readAll, recordsIn, refusalOf, temporaryDirectory } from './store-fixture.ts'
import { sha256, tar } from './tar-fixture.ts'

const PACKAGE = tar([
  { path: './', type: 'Directory', mode: 0o755 },
  { path: './bin/', type: 'Directory', mode: 0o2755 },
  { path: './bin/run', mode: 0o755, content: '#!/bin/sh\n'.repeat(5000) },
  { path: './bin/latest', type: 'SymbolicLink', linkpath: '../bin/run' },
  { path: './bin/again', type: 'Link', linkpath: 'bin/run' },
  { path: './bin/', type: 'Directory', mode: 0o755 },
  { path: `./lib/${'包'.repeat(80)}/${'x'.repeat(200)}.js`, content: 'x' },
])
const ARTIFACT = { digest: sha256(PACKAGE), sizeBytes: PACKAGE.length, entries: 7 }

test('gives back the uncompressed tar of what was put, also after a restart', async () => {
  const { store, dataDir } = await openStore()
  expect(await store.stat(ARTIFACT.digest)).toBeNull()
  expect(await put(store, PACKAGE)).toEqual(ARTIFACT)

  const { store: reopened } = await openStore({}, dataDir)
  expect(await reopened.stat(ARTIFACT.digest)).toEqual(ARTIFACT)
  const { stream, sizeBytes } = await reopened.open(ARTIFACT.digest)
  expect(sizeBytes).toBe(PACKAGE.length)
  expect((await readAll(stream)).equals(PACKAGE)).toBe(true)
})

test('one tar is one artifact, however it was packed and cut into chunks', async () => {
  const { store, dataDir } = await openStore()
  const twoMembers = Buffer.concat([gzipSync(PACKAGE.subarray(0, 999)), gzipSync(PACKAGE.subarray(999))])
  for (const bytes of [PACKAGE, gzipSync(PACKAGE), zstdCompressSync(PACKAGE), twoMembers]) {
    for (const chunkBytes of [7, 513, 1_000_000]) expect(await put(store, bytes, chunkBytes)).toEqual(ARTIFACT)
  }
  expect(await recordsIn(dataDir)).toEqual([ARTIFACT.digest])
})

test('the same package put many times at once is kept once', async () => {
  const { store, dataDir } = await openStore()
  const artifacts = await Promise.all(Array.from({ length: 8 }, () => put(store, PACKAGE)))
  expect(artifacts).toEqual(Array.from({ length: 8 }, () => ARTIFACT))
  expect(await recordsIn(dataDir)).toEqual([ARTIFACT.digest])
  expect((await readAll((await store.open(ARTIFACT.digest)).stream)).equals(PACKAGE)).toBe(true)
})

test.each(['0'.repeat(64), '../../../etc/passwd', ''])('knows no artifact %j', async digest => {
  const { store } = await openStore()
  expect(await store.stat(digest)).toBeNull()
  expect(await refusalOf(store.open(digest))).toMatchObject({ code: 'artifact_unknown', field: 'digest' })
})

test('refuses bytes that are not the ones declared', async () => {
  const { store, dataDir } = await openStore()
  const declaredDigest = sha256(PACKAGE)
  const sent = gzipSync(PACKAGE)
  expect(await refusalOf(store.put(Readable.from([sent]), { field: 'cmd', declaredDigest }))).toEqual({
    code: 'digest_mismatch',
    message: `the bytes that arrived have the SHA-256 ${sha256(sent)}, not ${declaredDigest} as declared`,
    expected: 'the bytes that were declared; send them again',
    field: 'cmd',
  })
  expect(await leftIn(dataDir)).toEqual([])
})

test('refuses what is declared to be too large before it reads a byte', async () => {
  const { store } = await openStore()
  const source = new PassThrough()
  const upload = { field: 'srv' as const, declaredDigest: ARTIFACT.digest, sizeBytes: PACKAGE_LIMITS.maxPackedBytes + 1 }
  expect(await refusalOf(store.put(source, upload))).toMatchObject({ code: 'package_too_large', expected: 'at most 4 GiB as it is sent' })
  expect(source.destroyed).toBe(false)
})

test('refuses a bad package while its sender is still at it, and leaves the connection to answer on', async () => {
  const { store, dataDir } = await openStore()
  const source = new PassThrough()
  source.write(tar([{ path: '../evil', content: 'x' }]))
  expect(await refusalOf(store.put(source, { field: 'srv', declaredDigest: ARTIFACT.digest }))).toMatchObject({ code: 'package_invalid' })
  expect(source.destroyed).toBe(false)
  expect(await leftIn(dataDir)).toEqual([])
})

test('gives up an upload that stalls', async () => {
  const { store, dataDir } = await openStore({ stallMs: 20 })
  const source = new PassThrough()
  source.write(PACKAGE.subarray(0, 2000))
  const problem = await refusalOf(store.put(source, { field: 'srv', declaredDigest: ARTIFACT.digest }))
  expect(problem).toEqual({ code: 'package_invalid', message: 'the upload stalled', expected: 'a byte at least every 0.02 s', field: 'srv' })
  expect(await leftIn(dataDir)).toEqual([])
})

test.each([0, 100, 2000])('keeps nothing of an upload that breaks off after %d bytes', async sentBytes => {
  const { store, dataDir } = await openStore()
  const source = new PassThrough()
  source.write(PACKAGE.subarray(0, sentBytes))
  const upload = store.put(source, { field: 'srv', declaredDigest: ARTIFACT.digest })
  source.destroy(new Error('connection lost'))
  await expect(upload).rejects.toThrow('connection lost')
  expect(await leftIn(dataDir)).toEqual([])
})

const DIES_WHILE_IT_RECEIVES = `
  import { Readable } from 'node:stream'
  import { openArtifacts } from ${JSON.stringify(join(import.meta.dirname, '../../../coordinator/adapters/artifacts/open.ts'))}
  const [dataDir, tar] = process.argv.slice(1)
  const { artifacts: store } = await openArtifacts(dataDir)
  async function* bytes() {
    yield Buffer.from(tar, 'base64').subarray(0, 40_000)
    process.kill(process.pid, 'SIGKILL')
    yield Buffer.alloc(0)
  }
  await store.put(Readable.from(bytes(), { objectMode: false }), { field: 'srv', declaredDigest: '' })
`

test('removes what a killed coordinator left of its uploads', async () => {
  const dataDir = await temporaryDirectory()
  const child = spawn(process.execPath, ['--input-type=module', '-e', DIES_WHILE_IT_RECEIVES, dataDir, PACKAGE.toString('base64')])
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
  expect(await readdir(join(dataDir, 'artifacts/incoming'))).toHaveLength(1)

  const { store } = await openStore({}, dataDir)
  expect(await leftIn(dataDir)).toEqual([])
  expect(await put(store, PACKAGE)).toEqual(ARTIFACT)
})
