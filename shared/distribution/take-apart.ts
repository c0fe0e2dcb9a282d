/**
 * A tar, any tar, as two streams: the layout (all that is not content of files) and the contents (the bytes of files in the order of their
 * paths). The contents stay the same however the tar is ordered and stamped. Takes as much memory as the entries' names need, however large
 * the files are.
 */
import { encodeHead } from './head-codec.ts'
import { encodeIndex } from './layout-index.ts'
import type { Row } from './layout-index.ts'
import { gathered, range, readAhead } from './read-at.ts'
import type { ReadAt } from './read-at.ts'
import { headBytesOf, paddingOf, scanTar } from './tar-scan.ts'
import type { Entry } from './tar-scan.ts'

/** Both streams may be read as often as one likes. The layout's length is known once it has been read. */
export type Apart = { contentBytes: number; layout: () => AsyncGenerator<Buffer>; contents: () => AsyncGenerator<Buffer> }

/** An entry with its number in the tar. */
type Placed = Entry & { place: number }

export async function takeApart(tar: ReadAt, sizeBytes: number): Promise<Apart> {
  const { entries, tailBytes } = await scanTar(tar, sizeBytes)
  const placed = entries.map((entry, place) => ({ ...entry, place })).sort(byPath)
  return {
    contentBytes: placed.reduce((total, { contentBytes }) => total + contentBytes, 0),
    layout: () => gathered(layout(readAhead(tar, sizeBytes), placed, tailBytes)),
    contents: () => contents(readAhead(tar, sizeBytes), placed),
  }
}

function byPath(a: Placed, b: Placed): number {
  if (a.path === b.path) return a.place - b.place
  return a.path < b.path ? -1 : 1
}

async function* layout(read: ReadAt, entries: readonly Placed[], tailBytes: number): AsyncGenerator<Buffer> {
  const rows: Row[] = []
  const allTimes: Buffer[] = []
  for (const { offset, bodies, contentBytes, place } of entries) {
    const headBytes = headBytesOf(bodies)
    const padding = await read(offset + headBytes + contentBytes, paddingOf(bodies.length, contentBytes))
    const { row, times, timeSeconds } = encodeHead(await read(offset, headBytes), bodies, contentBytes, padding)
    rows.push({ rowBytes: row.length, contentBytes, timesBytes: times.length, timeSeconds, place })
    if (times.length > 0) allTimes.push(times)
    yield row
  }
  yield* allTimes
  yield encodeIndex(rows, tailBytes)
}

async function* contents(read: ReadAt, entries: readonly Placed[]): AsyncGenerator<Buffer> {
  for (const { offset, bodies, contentBytes } of entries) yield* range(read, offset + headBytesOf(bodies), contentBytes)
}
