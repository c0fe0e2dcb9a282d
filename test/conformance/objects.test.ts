/** What every store of objects keeps to, on each of them: files, a real server of S3, and the one in memory that the properties of the artifact store run on. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFileObjects } from '../../coordinator/adapters/artifacts/objects/file-objects.ts'
import type { ObjectStore } from '../../coordinator/adapters/artifacts/objects/object-store.ts'
import { openObjects, parseBucket } from '../../coordinator/adapters/artifacts/objects/place.ts'
import { openS3Objects } from '../../coordinator/adapters/artifacts/objects/s3-objects.ts'
import { PIECE_MAX_BYTES } from '../../shared/distribution/piece.ts'
import { MemoryObjects } from './memory-objects.ts'
import { startSwift, SWIFT_CREDENTIALS, swiftIsHere } from './swift.ts'
import type { Swift } from './swift.ts'

type Backend = { start: () => Promise<void>; open: (name: string) => Promise<ObjectStore>; stop: () => Promise<void> }

let directory: string
const files: Backend = {
  start: async () => { directory = await mkdtemp(join(tmpdir(), 'muster-test-')) },
  open: (name) => openObjects(join(directory, name)),
  stop: () => rm(directory, { recursive: true, force: true }),
}

let swift: Swift
const s3: Backend = {
  start: async () => {
    swift = await startSwift()
    Object.assign(process.env, SWIFT_CREDENTIALS)
  },
  open: (name) => openS3Objects(parseBucket(`s3://${swift.bucket}/${name}?endpoint=${encodeURIComponent(swift.endpoint)}`, {}), 7),
  stop: () => swift.stop(),
}

const memory = new Map<string, MemoryObjects>()
const inMemory: Backend = {
  start: async () => undefined,
  open: async (name) => memory.get(name) ?? memory.set(name, new MemoryObjects(Date.now)).get(name)!,
  stop: async () => undefined,
}

async function all(objects: ObjectStore, folder: string): Promise<string[]> {
  return (await Array.fromAsync(objects.list(folder))).map(({ key }) => key).sort()
}

describe('files', () => { keepsTo(files) })
describe('memory', () => { keepsTo(inMemory) })
describe.skipIf(!swiftIsHere())('S3, by Swift (where it is not installed: npm run test:s3)', () => { keepsTo(s3) })

function keepsTo(backend: Backend): void {
  beforeAll(() => backend.start(), 120_000)
  afterAll(() => backend.stop())
  keepsWhole(backend)
  findsAndRemoves(backend)
}

function keepsWhole(backend: Backend): void {
  test('gives back what was put, also to another one that opens it, up to the size of a piece', async () => {
    const place = randomUUID()
    const objects = await backend.open(place)
    const large = randomBytes(PIECE_MAX_BYTES)
    for (const [key, bytes] of [['a/0.1-x', Buffer.from('hello')], ['pieces/ab/large', large], ['a/none', Buffer.alloc(0)]] as const) {
      await objects.put(key, bytes)
      const again = await (await backend.open(place)).get(key)
      expect(again?.equals(bytes), key).toBe(true)
      expect(await objects.stat(key)).toMatchObject({ key, sizeBytes: bytes.length })
    }
  })

  test('what was put again under a key replaces what was there', async () => {
    const objects = await backend.open(randomUUID())
    await objects.put('a/b', Buffer.from('first and longer'))
    await objects.put('a/b', Buffer.from('second'))
    expect(String(await objects.get('a/b'))).toBe('second')
    expect(await all(objects, 'a/')).toEqual(['a/b'])
  })

  test('nobody ever sees half of one while it is replaced', async () => {
    const objects = await backend.open(randomUUID())
    const [ones, twos] = [Buffer.alloc(300_000, '1'), Buffer.alloc(200_000, '2')]
    await objects.put('a/b', ones)
    let isOver = false
    const writing = (async () => {
      for (let round = 0; round < 10; round++) await objects.put('a/b', round % 2 === 0 ? twos : ones)
      isOver = true
    })()
    while (!isOver) {
      const seen = await objects.get('a/b')
      expect(seen !== null && (seen.equals(ones) || seen.equals(twos))).toBe(true)
    }
    await writing
  })
}

function findsAndRemoves(backend: Backend): void {
  test('what is not there is null, and goes without a word', async () => {
    const objects = await backend.open(randomUUID())
    expect(await objects.get('a/b')).toBeNull()
    expect(await objects.stat('a/b')).toBeNull()
    expect(await objects.touch('a/b')).toBe(false)
    await objects.remove('a/b')
    expect(await all(objects, 'a/')).toEqual([])
  })

  test('what was removed is gone from everywhere', async () => {
    const objects = await backend.open(randomUUID())
    await objects.put('a/b', Buffer.from('x'))
    await objects.remove('a/b')
    expect(await objects.get('a/b')).toBeNull()
    expect(await objects.stat('a/b')).toBeNull()
    expect(await all(objects, 'a/')).toEqual([])
  })

  test('lists a folder with all that lies below it, and nothing beside it; also more than one answer holds', async () => {
    const objects = await backend.open(randomUUID())
    const keys = Array.from({ length: 30 }, (_, index) => `pieces/${index % 4}/p${index}`)
    await Promise.all([...keys, 'piecesx/0/a', 'runs/0/a'].map((key) => objects.put(key, Buffer.from(key))))
    expect(await all(objects, 'pieces/')).toEqual([...keys].sort())
    expect(await all(objects, 'pieces/2/')).toEqual(keys.filter((key) => key.startsWith('pieces/2/')).sort())
    for await (const { key, sizeBytes } of objects.list('runs/')) expect([key, sizeBytes]).toEqual(['runs/0/a', 8])
  })

  test('what is touched is as young as what is put, and still the same', async () => {
    const objects = await backend.open(randomUUID())
    await objects.put('a/b', Buffer.from('x'))
    const first = (await objects.stat('a/b'))!.changedAtMs
    // S3 tells whole seconds
    await expect.poll(async () => {
      expect(await objects.touch('a/b')).toBe(true)
      return (await objects.stat('a/b'))!.changedAtMs
    }, { timeout: 10_000 }).toBeGreaterThan(first)
    expect(String(await objects.get('a/b'))).toBe('x')
    expect(Math.abs(Date.now() - (await objects.stat('a/b'))!.changedAtMs)).toBeLessThan(60_000)
  })

  // files and memory have no buckets
  test.runIf(backend === s3)('a bucket that is not there is said, and is no object that is not there', async () => {
    const objects = await openObjects(`s3://elsewhere?endpoint=${encodeURIComponent(swift.endpoint)}`)
    await expect(objects.get('a/b')).rejects.toMatchObject({ problem: { code: 'unavailable', message: expect.stringContaining('the bucket elsewhere') } })
    await expect(objects.put('a/b', Buffer.from('x'))).rejects.toMatchObject({ problem: { code: 'unavailable' } })
  })

  test.each(['', 'a', '/a', 'a/../b', '../a/b', 'a//b', 'a/', 'A/b', `a/${'x'.repeat(300)}`, 'a/b c'])('takes no key %j', async (key) => {
    const objects = await backend.open(randomUUID())
    await expect(objects.put(key, Buffer.from('x'))).rejects.toThrow(RangeError)
    await expect(objects.get(key)).rejects.toThrow(RangeError)
  })
}

test('files: what a killed coordinator was writing is nobody’s object, and goes after a day', async () => {
  const root = await mkdtemp(join(tmpdir(), 'muster-test-'))
  try {
    const objects = await openFileObjects(root)
    await objects.put('a/b', Buffer.from('x'))
    await objects.put('unfinished/half', Buffer.from('x'))
    await openFileObjects(root)
    expect(await readdir(join(root, 'unfinished'))).toEqual(['half'])
    await objects.forgetUnfinished(Date.now() + 25 * 3_600_000)
    expect(await readdir(join(root, 'unfinished'))).toEqual([])
    expect(String(await objects.get('a/b'))).toBe('x')
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test('the place says bucket, prefix and server; what it leaves out comes from the environment', () => {
  expect(parseBucket('s3://packages', {})).toEqual({ name: 'packages', prefix: '', endpoint: null, region: 'us-east-1', isPathStyle: false })
  expect(parseBucket('s3://packages/muster/prod/', { AWS_REGION: 'eu-west-1' })).toMatchObject({ prefix: 'muster/prod/', region: 'eu-west-1' })
  expect(parseBucket('s3://p?endpoint=https://s3.example:9000&region=r', {})).toMatchObject({ endpoint: 'https://s3.example:9000', region: 'r', isPathStyle: true })
  expect(parseBucket('s3://p?path-style=true', {})).toMatchObject({ endpoint: null, isPathStyle: true })
  for (const bad of ['s3://', 's3:///x', 's3://p?endpont=x', 's3://p?endpoint=ftp://x', 's3://p?path-style=yes']) {
    expect(() => parseBucket(bad, {}), bad).toThrow(/^--artifacts: /)
  }
})
