/** Differences: whatever two artifacts have in common, the second comes of the first, byte for byte; what is not theirs is refused. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../shared/digest.ts'
import { applyDelta, decodeDelta, encodeDelta } from '../../../shared/distribution/delta-apply.ts'
import { Dictionaries, DICTIONARY_MAX_BYTES } from '../../../shared/distribution/delta-dictionary.ts'
import { makeDelta } from '../../../shared/distribution/delta-make.ts'
import type { Whole } from '../../../shared/distribution/delta-make.ts'
import { encodeSegment, segmentsIn } from '../../../shared/distribution/delta-segment.ts'
import type { Segment } from '../../../shared/distribution/delta-segment.ts'
import { pieceOf } from '../../../shared/distribution/manifest-codec.ts'
import { PIECE_MAX_BYTES } from '../../../shared/distribution/piece.ts'
import { MusterError } from '../../../shared/errors.ts'
import { tar } from '../artifacts/tar-fixture.ts'
import { collect, memoryAt, noise, rejoined, wholeOf } from './artifacts.ts'

const RUNS = Math.min(300, Number(process.env['MUSTER_FC_RUNS'] ?? 25))
const KIB = 1024

async function made(base: Whole, next: Whole) {
  const parts: Buffer[] = []
  const delta = await makeDelta(base, next, async (part) => { parts.push(part) })
  const root = await encodeDelta(delta)
  return { delta: await decodeDelta(root), parts, totalBytes: root.length + parts.reduce((total, { length }) => total + length, 0) }
}

async function* each(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* parts
}

/** @returns how many bytes the difference has, once it has made the second of the first */
async function costOf(before: Buffer, after: Buffer): Promise<number> {
  const [base, next] = [await wholeOf(before), await wholeOf(after)]
  const { delta, parts, totalBytes } = await made(base, next)
  expect(delta.parts).toEqual(parts.map(pieceOf))
  expect(Math.max(0, ...parts.map(({ length }) => length))).toBeLessThanOrEqual(PIECE_MAX_BYTES)
  const stream = await collect(applyDelta(base, delta, each(parts)))
  const back = await rejoined({ read: memoryAt(stream), layoutBytes: delta.layoutBytes, contentBytes: delta.contentBytes }, after.length)
  expect(sha256(back)).toBe(sha256(after))
  return totalBytes
}

describe('the difference', () => {
  type Change = { n: number; how: 'drop' | 'rename' | 'edit' | 'insert' | 'grow'; at: number }
  const how = fc.constantFrom('drop' as const, 'rename' as const, 'edit' as const, 'insert' as const, 'grow' as const)
  const change: fc.Arbitrary<Change> = fc.record({ n: fc.nat(11), how, at: fc.nat(300_000) })

  function changed(files: readonly Buffer[], changes: readonly Change[]): Buffer {
    let entries = files.map((content, n) => ({ path: `dir/file-${n}`, content }))
    for (const { n, how, at } of changes) {
      entries = entries.flatMap((entry, m) => {
        if (m !== n) return [entry]
        const place = at % (entry.content.length + 1)
        const [head, tail] = [entry.content.subarray(0, place), entry.content.subarray(place)]
        switch (how) {
          case 'drop': return []
          case 'rename': return [{ ...entry, path: `${sha256(String(at)).slice(0, 8)}-${n}` }]
          case 'edit': return [{ ...entry, content: Buffer.concat([head, Buffer.from('edited'), tail.subarray(6)]) }]
          case 'insert': return [{ ...entry, content: Buffer.concat([head, noise(at % 5000, at + 1), tail]) }]
          case 'grow': return [{ ...entry, content: Buffer.concat([entry.content, noise(at, n + 1)]) }]
          default: return how satisfies never
        }
      })
    }
    return tar(entries)
  }

  test('between trees that were changed in any way makes the one of the other', { timeout: 120_000 }, async () => {
    const files = Array.from({ length: 12 }, (_, n) => noise(2 ** (n + 7), n + 1))
    await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 6 }), fc.array(change, { maxLength: 6 }), async (one, other) => {
      await costOf(changed(files, one), changed(files, other))
    }), { numRuns: RUNS })
  })

  const large = noise(700 * KIB)
  const edited = Buffer.concat([large.subarray(0, 300 * KIB), Buffer.from('a few bytes'), large.subarray(300 * KIB)])

  const z = { path: 'z', content: 'z' }
  test.each<[string, Buffer, Buffer, number]>([
    ['to the same', tar([{ path: 'a', content: large }]), tar([{ path: 'a', content: large }]), 400],
    ['by an edit', tar([{ path: 'a', content: large }]), tar([{ path: 'a', content: edited }]), 600],
    ['by an edit of what is renamed too', tar([{ path: 'a', content: large }, z]), tar([{ path: 'x-9f', content: edited }, z]), 800],
    ['to half of it', tar([{ path: 'a', content: large }]), tar([{ path: 'a', content: large.subarray(350 * KIB) }]), 600],
    ['from a small one', tar([{ path: 'a', content: 'x' }]), tar([{ path: 'a', content: large }]), 702 * KIB],
    ['of something wholly different', tar([{ path: 'b', content: noise(500 * KIB, 99) }]), tar([{ path: 'a', content: large }]), 702 * KIB],
  ])('%s costs what it should', async (_what, before, after, bytes) => {
    expect(await costOf(before, after)).toBeLessThan(bytes)
  })

  test('of what was edited all over, in more than one segment, is what was edited', { timeout: 120_000 }, async () => {
    const binary = noise(5 * KIB * KIB)
    const rewritten = Buffer.from(binary)
    for (let at = 0; at < binary.length; at += 8 * KIB) rewritten.writeUInt32BE(at, at)
    const cost = await costOf(tar([{ path: 'a', content: binary }]), tar([{ path: 'a', content: Buffer.concat([noise(500_000, 7), rewritten]) }]))
    expect(cost).toBeLessThan(500_000 + 40 * binary.length / (8 * KIB))
  })
})

describe('a dictionary', () => {
  const MIB = KIB * KIB
  const total = (ranges: readonly { length: number }[]) => ranges.reduce((sum, { length }) => sum + length, 0)

  test('is all that vanished where that is little, and what stands around it', () => {
    const vanished = [{ offset: MIB, length: 100 * KIB }, { offset: 9 * MIB, length: 50 * KIB }]
    const ranges = new Dictionaries(vanished, [], 20 * MIB).rangesFor([{ after: 5 * MIB, before: 5 * MIB }])
    expect(ranges).toEqual([{ offset: MIB - 16 * KIB, length: 132 * KIB }, { offset: 9 * MIB - 16 * KIB, length: 82 * KIB }])
  })

  test('is from around the place where that is much, and never too large', () => {
    const fresh = [{ after: 100 * MIB, before: 101 * MIB }]
    const ranges = new Dictionaries([{ offset: 0, length: 200 * MIB }], fresh, 200 * MIB).rangesFor(fresh)
    expect(total(ranges)).toBeLessThanOrEqual(DICTIONARY_MAX_BYTES)
    expect(ranges[0]!.offset).toBeLessThan(100 * MIB)
    expect(ranges[0]!.offset + ranges[0]!.length).toBeGreaterThan(101 * MIB)
    const wide = new Dictionaries([{ offset: 0, length: 200 * MIB }], [], 200 * MIB).rangesFor([{ after: 190 * MIB, before: 10 * MIB }])
    expect(total(wide)).toBeLessThanOrEqual(DICTIONARY_MAX_BYTES)
    expect(total(wide)).toBeGreaterThan(DICTIONARY_MAX_BYTES / 2)
  })

  test('of nothing that vanished is what stands around the place', () => {
    const fresh = [{ after: 5 * MIB, before: 5 * MIB }]
    expect(new Dictionaries([], fresh, 20 * MIB).rangesFor(fresh)).toEqual([{ offset: 5 * MIB - 16 * KIB, length: 32 * KIB }])
    expect(new Dictionaries([], [{ after: 0, before: 0 }], 0).rangesFor([{ after: 0, before: 0 }])).toEqual([])
  })
})

describe('parts that nobody made so', () => {
  const before = tar([{ path: 'a', content: noise(300 * KIB) }])
  const after = tar([{ path: 'a', content: Buffer.concat([noise(200 * KIB), Buffer.from('changed'), noise(60 * KIB, 5)]) }])

  test('make the right number of bytes or are refused, wherever they are damaged', async () => {
    const [base, next] = [await wholeOf(before), await wholeOf(after)]
    const { delta, parts } = await made(base, next)
    await fc.assert(fc.asyncProperty(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), async (at, bytes) => {
      const damaged = Buffer.from(parts[0]!)
      damaged.set(bytes.subarray(0, damaged.length - at % damaged.length), at % damaged.length)
      const applied = collect(applyDelta(base, delta, each([damaged, ...parts.slice(1)])))
      const outcome = await applied.then(({ length }) => length, (error: unknown) => error)
      expect(outcome instanceof MusterError ? next.bytes.length : outcome).toBe(next.bytes.length)
    }), { numRuns: RUNS })
  })

  test('are refused for too many segments, too much, and too little', async () => {
    const base = await wholeOf(before)
    const { delta, parts } = await made(base, await wholeOf(after))
    const idle = encodeSegment({ dictionary: [{ offset: 0, length: 1 }], freshBytes: 0, packed: Buffer.alloc(0), steps: [] })
    const applied = (given: readonly Buffer[]) => collect(applyDelta(base, delta, each(given)))
    await expect(applied(Array.from({ length: 20 }, () => idle))).rejects.toThrow('more segments than it needs')
    await expect(applied([...parts, ...parts])).rejects.toThrow('more than its root says')
    await expect(applied([])).rejects.toThrow('fewer than its root says')
  })

  const segment: Segment = { dictionary: [], freshBytes: 0, packed: Buffer.alloc(0), steps: [] }
  test.each<[string, Segment]>([
    ['a copy from behind the base', { ...segment, steps: [{ kind: 'copy', from: 900, length: 200 }] }],
    ['a copy from before it', { ...segment, steps: [{ kind: 'copy', from: -1, length: 200 }] }],
    ['a dictionary from behind it', { ...segment, dictionary: [{ offset: 900, length: 101 }] }],
    ['a step of nothing', { ...segment, steps: [{ kind: 'fresh', length: 0 }] }],
    ['more fresh bytes than it says', { ...segment, freshBytes: 1, steps: [{ kind: 'fresh', length: 2 }] }],
    ['more fresh bytes than a segment may have', { ...segment, freshBytes: 2 ** 40, steps: [{ kind: 'fresh', length: 2 ** 40 }] }],
  ])('are refused for %s', async (_what, given) => {
    await expect(Array.fromAsync(segmentsIn(each([encodeSegment(given)]), 1000))).rejects.toThrow('the delta is damaged')
  })

  test('are refused for a dictionary that is too large, a segment that is, and one that is cut short', async () => {
    const segments = (bytes: Buffer) => Array.fromAsync(segmentsIn(each([bytes]), 2 ** 40))
    const dictionary = [{ offset: 0, length: DICTIONARY_MAX_BYTES }, { offset: DICTIONARY_MAX_BYTES, length: 1 }]
    await expect(segments(encodeSegment({ ...segment, dictionary }))).rejects.toThrow('the delta is damaged')
    await expect(segments(Buffer.from('ffffffff00', 'hex'))).rejects.toThrow('a segment of 4294967295 bytes')
    await expect(segments(encodeSegment(segment).subarray(0, -1))).rejects.toThrow('cut short')
  })
})
