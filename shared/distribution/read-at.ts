/** Bytes from any place of something large: a tar on disk, the streams of an artifact. */
import type { FileHandle } from 'node:fs/promises'

/** Just `length` bytes from `offset` on. Rejects when there are fewer. The bytes are never written to again. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>

/** So much is read at once where reads follow each other. */
const AHEAD_BYTES = 512 * 1024
/** A jump this far forward, over the content of a small file, still counts as following. */
const NEAR_BYTES = 16 * 1024

export function fileAt(file: FileHandle): ReadAt {
  return async (offset, length) => {
    const bytes = Buffer.allocUnsafe(length)
    for (let done = 0; done < length;) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
      if (bytesRead === 0) throw new Error(`the file ends before byte ${offset + length}`)
      done += bytesRead
    }
    return bytes
  }
}

/** Reads ahead while reads follow each other, and just what is wanted otherwise. */
export function readAhead(read: ReadAt, sizeBytes: number): ReadAt {
  let [from, held]: [number, Buffer] = [0, Buffer.alloc(0)]
  return async (offset, length) => {
    const end = from + held.length
    if (offset >= from && offset + length <= end) return held.subarray(offset - from, offset - from + length)
    const follows = offset >= from && offset <= end + NEAR_BYTES
    const wanted = follows ? Math.max(length, Math.min(AHEAD_BYTES, sizeBytes - offset)) : length
    held = await read(offset, wanted)
    from = offset
    return held.subarray(0, length)
  }
}

/** The bytes from `offset` on, in steps. */
export async function* range(read: ReadAt, offset: number, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < length; at += AHEAD_BYTES) yield await read(offset + at, Math.min(AHEAD_BYTES, length - at))
}

/** The same bytes in buffers of at least `bytes` (the last one may be smaller). */
export async function* gathered(source: AsyncIterable<Buffer>, bytes: number = AHEAD_BYTES): AsyncGenerator<Buffer> {
  let [held, heldBytes]: [Buffer[], number] = [[], 0]
  for await (const each of source) {
    held.push(each)
    heldBytes += each.length
    if (heldBytes < bytes) continue
    yield held.length === 1 ? held[0]! : Buffer.concat(held)
    held = []
    heldBytes = 0
  }
  if (heldBytes > 0) yield Buffer.concat(held)
}

/** The same bytes in buffers of just `bytes`, but for the last one. */
export async function* slices(source: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const each of source) {
    rest = rest.length === 0 ? each : Buffer.concat([rest, each])
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) yield rest.subarray(0, bytes)
  }
  if (rest.length > 0) yield rest
}
