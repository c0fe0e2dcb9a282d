/** Uploads in stretches: what has come stays, wrong offsets change nothing, one writer at a time, and a coordinator that is killed has lost none of it. */
import { readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { MAX_UPLOADS, UPLOAD_KEPT_MS } from '../../../coordinator/adapters/artifacts/uploads.ts'
import { openStore, refusalOf } from './store-fixture.ts'
import { noise, sha256, tar } from './tar-fixture.ts'

const TAR = tar([{ path: 'a', content: noise('a', 50_000) }])
const BYTES = gzipSync(TAR)
const UPLOAD = { field: 'srv' as const, declaredDigest: sha256(BYTES), sizeBytes: BYTES.length }
const ARTIFACT = { digest: sha256(TAR), sizeBytes: TAR.length, entries: 1 }

const part = (from: number, to = BYTES.length) => Readable.from([BYTES.subarray(from, to)], { objectMode: false })

test('stretches make the artifact; asking again for a whole one says the same again', async () => {
  const { uploads, store } = await openStore()
  const id = await uploads.create(UPLOAD)
  expect(await uploads.append(id, 0, part(0, 20_000))).toEqual({ offsetBytes: 20_000, sizeBytes: BYTES.length, artifact: null })
  expect(await uploads.state(id)).toEqual({ offsetBytes: 20_000, sizeBytes: BYTES.length, artifact: null })
  const whole = { offsetBytes: BYTES.length, sizeBytes: BYTES.length, artifact: ARTIFACT }
  expect(await uploads.append(id, 20_000, part(20_000))).toEqual(whole)
  expect(await uploads.state(id)).toEqual(whole)
  expect(await uploads.append(id, BYTES.length, Readable.from([]))).toEqual(whole)
  expect(await store.stat(ARTIFACT.digest)).toEqual(ARTIFACT)
})

test('what has come before a connection breaks is there, also at the next coordinator', async () => {
  const { uploads, dataDir } = await openStore()
  const id = await uploads.create(UPLOAD)
  const breaking = Readable.from((function* () {
    yield BYTES.subarray(0, 30_000)
    throw new Error('connection lost')
  })(), { objectMode: false })
  await expect(uploads.append(id, 0, breaking)).rejects.toThrow('connection lost')
  const { uploads: next, store } = await openStore({}, dataDir)
  expect(await next.state(id)).toMatchObject({ offsetBytes: 30_000, artifact: null })
  expect(await next.append(id, 30_000, part(30_000))).toMatchObject({ artifact: ARTIFACT })
  expect(await store.stat(ARTIFACT.digest)).toEqual(ARTIFACT)
})

test.each([0, 19_999, 20_001, BYTES.length])('bytes that do not begin where the upload ends (%d) change nothing', async (offset) => {
  const { uploads } = await openStore()
  const id = await uploads.create(UPLOAD)
  await uploads.append(id, 0, part(0, 20_000))
  expect(await refusalOf(uploads.append(id, offset, part(offset)))).toMatchObject({ code: 'upload_offset', field: 'Upload-Offset', expected: 'Upload-Offset: 20000' })
  expect(await uploads.state(id)).toMatchObject({ offsetBytes: 20_000 })
})

test('whoever comes again cuts off what was left hanging; of two at once one goes on', async () => {
  const { uploads, dataDir } = await openStore()
  const id = await uploads.create(UPLOAD)
  const hanging = new PassThrough()
  const first = refusalOf(uploads.append(id, 0, hanging))
  hanging.write(BYTES.subarray(0, 10_000))
  await expect.poll(async () => (await stat(join(dataDir, 'artifacts/uploads', id, 'bytes'))).size).toBe(10_000)
  expect(await uploads.state(id)).toMatchObject({ offsetBytes: 10_000 })
  expect((await first).code).toBe('upload_offset')
  const both = await Promise.allSettled([uploads.append(id, 10_000, part(10_000)), uploads.append(id, 10_000, part(10_000))])
  expect(both.some(({ status }) => status === 'fulfilled')).toBe(true)
  expect(await uploads.state(id)).toMatchObject({ artifact: ARTIFACT })
})

test('a package that is not what was declared is refused and gone, and so is one that is more', async () => {
  const { uploads, dataDir } = await openStore()
  const other = await uploads.create({ ...UPLOAD, declaredDigest: '0'.repeat(64) })
  expect((await refusalOf(uploads.append(other, 0, part(0)))).code).toBe('digest_mismatch')
  expect(await uploads.state(other)).toBeNull()
  const small = await uploads.create({ ...UPLOAD, sizeBytes: 100 })
  expect((await refusalOf(uploads.append(small, 0, part(0)))).message).toBe('more than the 100 bytes that were declared')
  await uploads.cancel(small)
  expect(await readdir(join(dataDir, 'artifacts/uploads'))).toEqual([])
})

test('a package that is refused before its end leaves no file open', async () => {
  const { uploads, dataDir } = await openStore()
  const evil = tar([{ path: '../evil', content: noise('evil', 500_000) }])
  const id = await uploads.create({ field: 'srv', declaredDigest: sha256(evil), sizeBytes: evil.length })
  expect((await refusalOf(uploads.append(id, 0, Readable.from([evil])))).code).toBe('package_invalid')
  const open = async () => (await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))))
    .filter((path) => path.startsWith(dataDir))
  await expect.poll(open).toEqual([])
})

test('what has become an artifact takes no place from those that are under way', async () => {
  const { uploads } = await openStore()
  const ids = []
  for (let n = 0; n < MAX_UPLOADS; n++) ids.push(await uploads.create(UPLOAD))
  await uploads.append(ids[0]!, 0, part(0))
  const id = await uploads.create(UPLOAD)
  expect((await refusalOf(uploads.create(UPLOAD))).code).toBe('too_many_requests')
  expect(await uploads.state(ids[0]!)).toMatchObject({ artifact: ARTIFACT })
  expect(await uploads.append(id, 0, part(0))).toMatchObject({ artifact: ARTIFACT })
})

test('there are only so many; they go after a day without a byte; and nobody has one of another name', async () => {
  let nowMs = Date.now()
  const { uploads } = await openStore({ clock: () => nowMs })
  const ids = []
  for (let n = 0; n < MAX_UPLOADS; n++) ids.push(await uploads.create(UPLOAD))
  expect((await refusalOf(uploads.create(UPLOAD))).code).toBe('too_many_requests')
  nowMs += UPLOAD_KEPT_MS + 60_000
  const id = await uploads.create(UPLOAD)
  expect(await uploads.state(ids[0]!)).toBeNull()
  expect((await refusalOf(uploads.append(ids[0]!, 0, part(0)))).code).toBe('upload_unknown')
  for (const name of ['', '..', `../uploads/${id}`]) expect(await uploads.state(name)).toBeNull()
  expect((await refusalOf(uploads.create({ ...UPLOAD, sizeBytes: 2 ** 40 }))).code).toBe('package_too_large')
})
