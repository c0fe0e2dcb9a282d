/**
 * The stream of an artifact, from that of another and the parts of their difference. They may come from anybody: whatever they hold, this
 * ends, takes memory for one segment, and gives out what the root says or throws. Whether it is the artifact only its digest says.
 */
import { damage } from './damage.ts'
import { FRESH_MAX_BYTES, segmentsIn, WINDOW_LOG } from './delta-segment.ts'
import type { Segment } from './delta-segment.ts'
import type { Delta } from './delta.ts'
import { deltaSchema } from './delta.ts'
import { decodeJson, encodeJson } from './manifest-codec.ts'
import { range } from './read-at.ts'
import type { ReadAt } from './read-at.ts'
import type { Streams } from './rejoin.ts'
import { decompress } from './zstd.ts'

export async function encodeDelta(delta: Delta): Promise<Buffer> {
  return await encodeJson(delta)
}

/** @throws MusterError when the bytes are no root of a delta */
export async function decodeDelta(bytes: Buffer): Promise<Delta> {
  return await decodeJson(bytes, deltaSchema, 'delta')
}

/**
 * The stream of `delta.artifact`, layout first.
 * @param base the streams of the artifact `delta.base`. @param parts in their order, each as the root names it
 * @throws MusterError when the parts do not make it
 */
export async function* applyDelta(base: Streams, delta: Delta, parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const baseBytes = base.layoutBytes + base.contentBytes
  let left = delta.layoutBytes + delta.contentBytes
  // Segments are full or last, but for a few; each costs the reading of a dictionary.
  let segments = 2 + 2 * Math.ceil(left / FRESH_MAX_BYTES)
  for await (const segment of segmentsIn(parts, baseBytes)) {
    left -= segment.steps.reduce((total, { length }) => total + length, 0)
    if (left < 0) throw damage('delta', 'it makes more than its root says')
    if ((segments -= 1) < 0) throw damage('delta', 'it has more segments than it needs')
    yield* unpack(segment, base.read)
  }
  if (left > 0) throw damage('delta', `it makes ${left} bytes fewer than its root says`)
}

async function* unpack({ dictionary, freshBytes, packed, steps }: Segment, base: ReadAt): AsyncGenerator<Buffer> {
  const known: Buffer[] = []
  for (const { offset, length } of dictionary) known.push(await base(offset, length))
  const fresh = freshBytes === 0 ? packed.subarray(0, 0) : await unpackFresh(packed, freshBytes, Buffer.concat(known))
  let at = 0
  for (const step of steps) {
    if (step.kind === 'copy') yield* range(base, step.from, step.length)
    else yield fresh.subarray(at, at += step.length)
  }
}

async function unpackFresh(packed: Buffer, freshBytes: number, dictionary: Buffer): Promise<Buffer> {
  const fresh = await decompress(packed, { maxBytes: freshBytes, windowLog: WINDOW_LOG, dictionary })
    .catch((error: unknown) => { throw damage('delta', error instanceof Error ? error.message : String(error)) })
  if (fresh.length !== freshBytes) throw damage('delta', `a segment has ${fresh.length} bytes instead of ${freshBytes}`)
  return fresh
}
