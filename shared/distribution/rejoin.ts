/**
 * The tar that two streams were made of. They may come from anybody: whatever they hold, this ends, takes memory for `MAX_ENTRIES` entries
 * at most, and gives out no more than the artifact's size. Whether it is the artifact only its digest says.
 */
import { damage } from './damage.ts'
import { decodeHead } from './head-codec.ts'
import { readIndex } from './layout-index.ts'
import type { Index } from './layout-index.ts'
import { gathered, range, readAhead } from './read-at.ts'
import type { ReadAt } from './read-at.ts'

/** `read`: from the stream of the artifact, the layout and behind it the contents. */
export type Streams = { read: ReadAt; layoutBytes: number; contentBytes: number }

const ZEROS = Buffer.alloc(64 * 1024)

/** @param sizeBytes of the artifact. @throws MusterError as soon as the streams show that they do not make it */
export async function* rejoin(streams: Streams, sizeBytes: number): AsyncGenerator<Buffer> {
  let left = sizeBytes
  for await (const bytes of gathered(parts(streams))) {
    left -= bytes.length
    if (left < 0) throw damage('layout', `it makes more than the ${sizeBytes} bytes of the artifact`)
    yield bytes
  }
  if (left > 0) throw damage('layout', `it makes ${left} bytes fewer than the artifact has`)
}

async function* parts({ read, layoutBytes, contentBytes }: Streams): AsyncGenerator<Buffer> {
  const index = await readIndex(read, layoutBytes, contentBytes)
  const [layout, contents] = [readAhead(read, layoutBytes), readAhead(read, layoutBytes + contentBytes)]
  for (const n of index.inTar) {
    const size = index.contentsAt[n + 1]! - index.contentsAt[n]!
    const { head, padding } = decodeHead(await headOf(layout, index, n), size)
    yield head
    yield* range(contents, index.contentsAt[n]!, size)
    yield padding
  }
  for (let left = index.tailBytes; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, left)
}

async function headOf(layout: ReadAt, { rowsAt, timesAt, timeSeconds }: Index, n: number) {
  const row = await layout(rowsAt[n]!, rowsAt[n + 1]! - rowsAt[n]!)
  const times = await layout(timesAt[n]!, timesAt[n + 1]! - timesAt[n]!)
  return { row, times, timeSeconds: timeSeconds[n]! }
}
