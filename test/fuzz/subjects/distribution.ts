/** What artifacts travel as: roots and pages of manifests, layouts, roots and parts of differences. Damaged within zstd, too, where there is any. */
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { sha256 } from '../../../shared/digest.ts'
import { applyDelta, decodeDelta } from '../../../shared/distribution/delta-apply.ts'
import { encodeSegment } from '../../../shared/distribution/delta-segment.ts'
import type { Segment } from '../../../shared/distribution/delta-segment.ts'
import { decodeManifest, decodePage } from '../../../shared/distribution/manifest-codec.ts'
import type { Streams } from '../../../shared/distribution/rejoin.ts'
import { rejoin } from '../../../shared/distribution/rejoin.ts'
import { MusterError } from '../../../shared/errors.ts'
import { END, entry, withPaxRecord } from '../../unit/artifacts/tar-fixture.ts'
import { memoryAt, noise, streamsOf } from '../../unit/distribution/artifacts.ts'
import { damaged, damagedText, mostly, subject } from '../subject.ts'
import type { Outcome } from '../subject.ts'

async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    if (error instanceof MusterError && error.problem.code === 'piece_invalid') return 'refused'
    throw error
  }
}

const digest = mostly(fc.constantFrom('a'.repeat(64), '07'.repeat(32)), fc.string())
const count = mostly(fc.nat(100_000), fc.constantFrom(-1, 0.5, 2 ** 60, '1'))
const piece = fc.record({ digest, sizeBytes: count })
const artifact = fc.record({ digest, sizeBytes: count, entries: count })
const chunk = fc.record({ digest, sizeBytes: count })
const pack = fc.record({ digest, sizeBytes: count, chunks: fc.array(chunk, { minLength: 1, maxLength: 3 }) })
const page = fc.record({ packs: fc.array(pack, { maxLength: 3 }) })
const version = mostly(fc.constant(1), fc.constant(2))
const manifest = fc.record({
  version, artifact, layoutBytes: count, contentBytes: count, packs: count, packBytes: count, pages: fc.array(piece, { maxLength: 3 }),
})
const delta = fc.record({
  version, base: digest, artifact, layoutBytes: count, contentBytes: count, parts: fc.array(piece, { maxLength: 3 }),
})

const packed = (value: fc.Arbitrary<unknown>) => fc.oneof(
  damagedText(value.map((each) => JSON.stringify(each))).map((text) => zstdCompressSync(Buffer.from(text))),
  damaged(value.map((each) => zstdCompressSync(Buffer.from(JSON.stringify(each))))),
)

export const manifests = subject('manifests', packed(manifest), (bytes) => outcomeOf(() => decodeManifest(bytes)))
export const manifestPages = subject('manifest pages', packed(page), (bytes) => outcomeOf(() => decodePage(bytes)))
export const deltaRoots = subject('delta roots', packed(delta), (bytes) => outcomeOf(() => decodeDelta(bytes)))

const archive = Buffer.concat([
  entry({ path: 'bin/run', mode: 0o755, content: 'x'.repeat(700) }), withPaxRecord('mtime', '1747000000.5').subarray(0, -END.length),
  entry({ path: 'a', content: 'a' }), END,
])
const laid: Streams & { bytes: Buffer } = await streamsOf(archive)

export const layouts = subject('layouts', damaged(fc.constant(laid.bytes.subarray(0, laid.layoutBytes))), (layout) => outcomeOf(async () => {
  const bytes = Buffer.concat([layout, laid.bytes.subarray(laid.layoutBytes)])
  let made = 0
  for await (const part of rejoin({ ...laid, read: memoryAt(bytes), layoutBytes: layout.length }, archive.length)) made += part.length
  if (made !== archive.length) throw new Error(`${made} bytes`)
}))

const BASE = noise(5000)
const FRESH = Buffer.from('a fresh line, and what was there before it\n')
const range = fc.record({ offset: fc.nat(100), length: fc.nat(4000) })
const step = fc.record({ kind: fc.constant('copy' as const), from: fc.nat(4000), length: fc.integer({ min: 1, max: 1000 }) })
function packedFresh(dictionary: readonly { offset: number; length: number }[]): Buffer {
  const known = Buffer.concat(dictionary.map(({ offset, length }) => BASE.subarray(offset, offset + length)))
  return zstdCompressSync(FRESH, known.length === 0 ? {} : { dictionary: known })
}

const segment: fc.Arbitrary<Segment> = fc.record({
  dictionary: fc.array(range, { maxLength: 1 }), steps: fc.array(step, { maxLength: 4 }),
}).map(({ dictionary, steps }) => ({
  dictionary, freshBytes: FRESH.length, steps: [...steps, { kind: 'fresh', length: FRESH.length }],
  packed: packedFresh(dictionary),
}))

/** Of a root that says what the parts would make if they were whole. */
export const deltaParts = subject('delta parts', fc.array(segment, { maxLength: 3 }).chain((segments) => fc.record({
  bytes: fc.constant(segments.reduce((total, { steps }) => total + steps.reduce((sum, { length }) => sum + length, 0), 0)),
  part: damaged(fc.constant(Buffer.concat(segments.map(encodeSegment)))),
})), ({ bytes, part }) => outcomeOf(async () => {
  const artifact = { digest: sha256('a'), sizeBytes: 1, entries: 1 }
  const root = { version: 1 as const, base: sha256('b'), artifact, layoutBytes: 0, contentBytes: bytes, parts: [] }
  let made = 0
  const base = { read: memoryAt(BASE), layoutBytes: 0, contentBytes: BASE.length }
  for await (const each of applyDelta(base, root, (async function* () { yield part })())) made += each.length
  if (made !== bytes) throw new Error(`${made} bytes instead of ${bytes}`)
}))
