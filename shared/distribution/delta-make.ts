/**
 * The difference between two artifacts that are at hand. Memory is bounded whatever their size: one segment with its dictionary, and zstd's
 * tables for them, about 250 MB at most.
 */
import type { Artifact } from '../command.ts'
import { Dictionaries } from './delta-dictionary.ts'
import type { Between } from './delta-dictionary.ts'
import { planDelta } from './delta-plan.ts'
import type { Plan, Range, Stretch } from './delta-plan.ts'
import { encodeSegment, FRESH_MAX_BYTES, MAX_STEPS, WINDOW_LOG } from './delta-segment.ts'
import type { Step } from './delta-segment.ts'
import { MAX_PARTS } from './delta.ts'
import type { Delta } from './delta.ts'
import { pieceOf } from './manifest-codec.ts'
import type { Chunk } from './manifest.ts'
import type { Piece } from './piece.ts'
import { slices } from './read-at.ts'
import type { ReadAt } from './read-at.ts'
import type { Streams } from './rejoin.ts'
import { compress } from './zstd.ts'

/** An artifact with all of its chunks, in the order of its stream. */
export type Whole = Streams & { artifact: Artifact; chunks: readonly Chunk[] }

/** Of each part but the last; hosts pass them on to each other one by one. */
const PART_BYTES = 256 * 1024
/** 2 MB/s on a core; it finds what has only been moved about in binaries. */
const THOROUGH_LEVEL = 19
/** With more fresh bytes than this, time counts for more. */
const THOROUGH_MAX_BYTES = 96 * 1024 * 1024
const QUICK_LEVEL = 9

/** @param keep is given the parts, one after another, in their order */
export async function makeDelta(base: Whole, next: Whole, keep: (part: Buffer) => Promise<unknown>): Promise<Delta> {
  const parts: Piece[] = []
  for await (const part of slices(segments(base, next), PART_BYTES)) {
    if (parts.push(pieceOf(part)) > MAX_PARTS) throw new RangeError('the difference has too many parts')
    await keep(part)
  }
  const { artifact, layoutBytes, contentBytes } = next
  return { version: 1, base: base.artifact.digest, artifact, layoutBytes, contentBytes, parts }
}

async function* segments(base: Whole, next: Whole): AsyncGenerator<Buffer> {
  const plan = planDelta(base.chunks, next.chunks)
  const fresh = plan.stretches.filter((stretch) => stretch.kind === 'fresh')
  const dictionaries = new Dictionaries(plan.vanished, fresh, base.layoutBytes + base.contentBytes)
  const level = fresh.reduce((total, { length }) => total + length, 0) > THOROUGH_MAX_BYTES ? QUICK_LEVEL : THOROUGH_LEVEL
  for (const { steps, fresh: ranges, between } of drafts(plan)) {
    const bytes = await readAll(next.read, ranges)
    const dictionary = bytes.length === 0 ? [] : dictionaries.rangesFor(between)
    const options = { level, windowLog: WINDOW_LOG, dictionary: await readAll(base.read, dictionary) }
    const packed = bytes.length === 0 ? bytes : await compress(bytes, options)
    yield encodeSegment({ dictionary, freshBytes: bytes.length, packed, steps })
  }
}

/** A segment before its bytes are read: what is fresh in it, in the new stream, and where it would stand in the base's. */
type Draft = { steps: Step[]; fresh: Range[]; between: Between[]; freshBytes: number }

function* drafts({ stretches }: Plan): Generator<Draft> {
  let draft: Draft = { steps: [], fresh: [], between: [], freshBytes: 0 }
  for (const piece of pieces(stretches)) {
    if (draft.steps.length === MAX_STEPS || (piece.kind === 'fresh' && draft.freshBytes + piece.length > FRESH_MAX_BYTES)) {
      yield draft
      draft = { steps: [], fresh: [], between: [], freshBytes: 0 }
    }
    const { kind, length } = piece
    draft.steps.push(kind === 'copy' ? { kind, from: piece.from, length } : { kind, length })
    if (kind === 'copy') continue
    draft.fresh.push({ offset: piece.offset, length })
    draft.between.push({ after: piece.after, before: piece.before })
    draft.freshBytes += length
  }
  if (draft.steps.length > 0) yield draft
}

/**
 * Fresh stretches cut so that a segment can hold each; what stood in a piece's place is taken to be the same share of what stood in the
 * stretch's.
 */
function* pieces(stretches: readonly Stretch[]): Generator<Stretch> {
  for (const stretch of stretches) {
    if (stretch.kind === 'copy' || stretch.length <= FRESH_MAX_BYTES) yield stretch
    else yield* cut(stretch)
  }
}

function* cut({ offset, length, after, before }: Stretch & { kind: 'fresh' }): Generator<Stretch> {
  const placeOf = (at: number) => Math.round(after + (before - after) * at / length)
  for (let at = 0; at < length; at += FRESH_MAX_BYTES) {
    const end = Math.min(length, at + FRESH_MAX_BYTES)
    yield { kind: 'fresh', offset: offset + at, length: end - at, after: placeOf(at), before: placeOf(end) }
  }
}

async function readAll(read: ReadAt, ranges: readonly Range[]): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const { offset, length } of ranges) parts.push(await read(offset, length))
  return Buffer.concat(parts)
}
