/**
 * What the parts of a delta hold, put together: segments one after another, each with its length before it. A segment makes some megabytes
 * of fresh bytes at once, compressed together against ranges of the base's stream, and tells how they and copies from the base follow each
 * other in the new stream.
 */
import { Reader, Writer } from './bytes-codec.ts'
import { damage } from './damage.ts'
import { DICTIONARY_MAX_BYTES } from './delta-dictionary.ts'
import type { Range } from './delta-plan.ts'

export const FRESH_MAX_BYTES = 4 * 1024 * 1024
/** Of zstd: fresh bytes and their dictionary fit into it together. */
export const WINDOW_LOG = 24
/** Many more than a segment has, unless its artifact is made of thousands of snippets of another. */
export const MAX_STEPS = 16_384
const MAX_RANGES = 4096
/** Before each segment. */
const LENGTH_BYTES = 4
/** Of one with as many incompressible bytes, ranges and steps as it may have. */
const SEGMENT_MAX_BYTES = 5 * 1024 * 1024

/** From the base's stream at `from`, or the next of the segment's fresh bytes. */
export type Step = { kind: 'copy'; from: number; length: number } | { kind: 'fresh'; length: number }

/** `packed`: the fresh bytes, compressed with the dictionary; empty when there are none. */
export type Segment = { dictionary: Range[]; freshBytes: number; packed: Buffer; steps: Step[] }

export function encodeSegment({ dictionary, freshBytes, packed, steps }: Segment): Buffer {
  const to = new Writer()
  to.number(dictionary.length)
  writeRanges(to, dictionary)
  to.number(freshBytes)
  to.number(packed.length)
  to.raw(packed)
  to.number(steps.length)
  let end = 0
  for (const step of steps) {
    to.number(2 * step.length + (step.kind === 'copy' ? 1 : 0))
    if (step.kind === 'fresh') continue
    to.signed(step.from - end)
    end = step.from + step.length
  }
  const segment = to.take()
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(segment.length)
  return Buffer.concat([length, segment])
}

function writeRanges(to: Writer, ranges: readonly Range[]): void {
  let end = 0
  for (const { offset, length } of ranges) {
    to.number(offset - end)
    to.number(length)
    end = offset + length
  }
}

/**
 * The segments of a delta, one at a time; the parts need not end where segments do.
 * @param baseBytes of the base's stream. @throws MusterError at the first that is none, or names bytes that the base does not have
 */
export async function* segmentsIn(parts: AsyncIterable<Buffer>, baseBytes: number): AsyncGenerator<Segment> {
  let held: Buffer[] = []
  let heldBytes = 0
  let wanted = LENGTH_BYTES
  for await (const part of parts) {
    held.push(part)
    heldBytes += part.length
    if (heldBytes < wanted) continue
    let bytes = Buffer.concat(held)
    for (wanted = wantedOf(bytes); bytes.length >= wanted; wanted = wantedOf(bytes)) {
      yield decodeSegment(bytes.subarray(LENGTH_BYTES, wanted), baseBytes)
      bytes = bytes.subarray(wanted)
    }
    held = [bytes]
    heldBytes = bytes.length
  }
  if (heldBytes > 0) throw damage('delta', 'its last segment is cut short')
}

/** With how many bytes the first segment is whole, as far as that can be told yet. */
function wantedOf(bytes: Buffer): number {
  if (bytes.length < LENGTH_BYTES) return LENGTH_BYTES
  const length = bytes.readUInt32BE()
  if (length > SEGMENT_MAX_BYTES) throw damage('delta', `a segment of ${length} bytes`)
  return LENGTH_BYTES + length
}

function decodeSegment(bytes: Buffer, baseBytes: number): Segment {
  const from = new Reader(bytes, (how) => damage('delta', how))
  const dictionary = readRanges(from, baseBytes)
  const freshBytes = from.number(FRESH_MAX_BYTES)
  const packed = from.raw(from.number(from.left))
  const steps = readSteps(from, baseBytes)
  const told = steps.reduce((total, step) => total + (step.kind === 'fresh' ? step.length : 0), 0)
  if (told !== freshBytes || from.left > 0) throw damage('delta', 'a segment uses other bytes than it brings')
  return { dictionary, freshBytes, packed, steps }
}

function readRanges(from: Reader, baseBytes: number): Range[] {
  let [end, left] = [0, DICTIONARY_MAX_BYTES]
  return Array.from({ length: from.number(MAX_RANGES) }, () => {
    const offset = end + from.number(baseBytes - end)
    const length = from.number(Math.min(left, baseBytes - offset))
    end = offset + length
    left -= length
    return { offset, length }
  })
}

function readSteps(from: Reader, baseBytes: number): Step[] {
  let end = 0
  return Array.from({ length: from.number(MAX_STEPS) }, (): Step => {
    const told = from.number()
    const length = Math.floor(told / 2)
    if (length === 0) throw damage('delta', 'a step that leads nowhere')
    if (told % 2 === 0) return { kind: 'fresh', length }
    const start = end + from.signed(baseBytes)
    end = start + length
    if (start < 0 || end > baseBytes) throw damage('delta', 'it copies what the base does not have')
    return { kind: 'copy', from: start, length }
  })
}
