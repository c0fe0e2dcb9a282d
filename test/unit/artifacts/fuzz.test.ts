/** Whatever bytes arrive: an artifact or a refusal, and never a file that is left behind. */
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Artifact } from '../../../shared/command.ts'
import { MusterError, type Problem } from '../../../shared/errors.ts'
import type { ArtifactStore } from '../../../coordinator/engine/ports/artifacts.ts'
import { MemoryObjects } from '../../conformance/memory-objects.ts'
import { chunksOf, openStore, readAll } from './store-fixture.ts'
import { entry, sha256, tar, withPaxRecord } from './tar-fixture.ts'

const PACKAGES = [
  tar([
    { path: 'bin/', type: 'Directory' },
    { path: 'bin/run', mode: 0o755, content: 'x'.repeat(1500) },
    { path: 'run', type: 'SymbolicLink', linkpath: 'bin/run' },
  ]),
  tar([{ path: `${'包'.repeat(60)}/${'y'.repeat(120)}`, content: 'x' }]),
  withPaxRecord('path', 'other'),
  Buffer.concat([entry({ path: '././@LongLink', type: 'NextFileHasLongPath', content: 'long/name\0' }), tar([{ path: 'a', content: 'x' }])]),
]

type Mutation = { at: number; bytes: Uint8Array; cut: boolean }

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(4096),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  cut: fc.boolean(),
})

/** Overwrites bytes, or takes out as many, so that what follows is shifted. */
function mutate(archive: Buffer, { at, bytes, cut }: Mutation): Buffer {
  const place = at % archive.length
  const rest = archive.subarray(place + bytes.length)
  return Buffer.concat([archive.subarray(0, place), cut ? Buffer.alloc(0) : bytes, rest])
}

/** A mutation in a header would nearly always be stopped by its checksum: mends them. */
function mendChecksums(archive: Buffer): Buffer {
  const mended = Buffer.from(archive)
  for (let at = 0; at + 512 <= mended.length; at += 512) {
    const block = mended.subarray(at, at + 512)
    if (block.toString('latin1', 257, 262) !== 'ustar') continue
    block.fill(' ', 148, 156)
    block.write(`${block.reduce((total, byte) => total + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  }
  return mended
}

/** A refusal, or the artifact; anything else that is thrown fails the test. */
async function outcomeOf(store: ArtifactStore, bytes: Buffer, chunkBytes: number): Promise<Artifact | Problem> {
  const source = Readable.from(chunksOf(bytes, chunkBytes), { objectMode: false })
  try {
    return await store.put(source, { field: 'srv', declaredDigest: sha256(bytes) })
  } catch (error) {
    if (error instanceof MusterError) return error.problem
    throw error
  }
}

test.each([
  ['random bytes', fc.uint8Array({ maxLength: 3000 }).map(bytes => Buffer.from(bytes)), 50],
  ['random bytes in a gzip', fc.uint8Array({ maxLength: 3000 }).map(bytes => gzipSync(bytes)), 50],
  ['damaged tars', fc.tuple(fc.constantFrom(...PACKAGES), fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([archive, mutations]) => mutations.reduce(mutate, archive)), 100],
  ['forged tars', fc.tuple(fc.constantFrom(...PACKAGES), fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([archive, mutations]) => mendChecksums(mutations.map(each => ({ ...each, cut: false })).reduce(mutate, archive))), 200],
  ['damaged gzips', fc.tuple(fc.constantFrom(...PACKAGES), mutation).map(([archive, each]) => mutate(gzipSync(archive), each)), 75],
  ['damaged zstds', fc.tuple(fc.constantFrom(...PACKAGES), mutation).map(([archive, each]) => mutate(zstdCompressSync(archive), each)), 75],
])('%s', async (_name, archives, numRuns) => {
  const objects = new MemoryObjects(Date.now)
  const { store } = await openStore({ objects })
  const kept = new Set<string>()
  await fc.assert(fc.asyncProperty(archives, fc.integer({ min: 1, max: 4096 }), async (bytes, chunkBytes) => {
    const outcome = await outcomeOf(store, bytes, Math.max(chunkBytes, bytes.length >> 6))
    if ('digest' in outcome) {
      kept.add(outcome.digest)
      const bytes = await readAll((await store.open(outcome.digest)).stream)
      if (sha256(bytes) !== outcome.digest) throw new Error(`${outcome.digest} does not come back as it was`)
    }
    expect(outcome).toSatisfy(value => 'digest' in value ? value.digest === sha256(tarOf(bytes)) : saysWhatIsWrong(value))
  }), { numRuns })
  const records = (await Array.fromAsync(objects.list('artifacts/'))).map(({ key }) => key.slice('artifacts/'.length))
  expect(records.sort()).toEqual([...kept].sort())
})

function saysWhatIsWrong({ message, field, expected }: Problem): boolean {
  return message !== '' && !/\p{Cc}/u.test(message) && field === 'srv' && expected !== undefined
}

/** By the whole magic number: a tar whose first name begins with "(" begins with the first byte of a zstd. */
function tarOf(bytes: Buffer): Buffer {
  if (bytes.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return gunzipSync(bytes)
  return bytes.subarray(0, 4).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) ? zstdDecompressSync(bytes) : bytes
}
