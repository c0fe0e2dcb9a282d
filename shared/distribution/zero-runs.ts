/** Tar headers are mostly zeros: bytes are written as what is none, each time followed by how many zeros come next. */
import type { Reader, Writer } from './bytes-codec.ts'

/** Shorter runs of zeros stay among the other bytes: telling them apart would cost as much. */
const MIN_RUN_BYTES = 4

export function writeSparse(to: Writer, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const zeros = nextRun(bytes, at)
    const end = endOfRun(bytes, zeros)
    to.number(zeros - at)
    to.raw(bytes.subarray(at, zeros))
    to.number(end - zeros)
    at = end
  }
}

/** @throws what `from` throws when it does not amount to `length` bytes */
export function readSparse(from: Reader, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length;) {
    const literal = from.raw(from.number(length - at))
    bytes.set(literal, at)
    const zeros = from.number(length - at - literal.length)
    if (literal.length + zeros === 0) from.fail('a run of nothing')
    at += literal.length + zeros
  }
  return bytes
}

/** Where the next run of zeros that is long enough begins; the end if there is none. */
function nextRun(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0, from); at !== -1; at = bytes.indexOf(0, endOfRun(bytes, at))) {
    const end = endOfRun(bytes, at)
    if (end - at >= MIN_RUN_BYTES || end === bytes.length) return at
  }
  return bytes.length
}

function endOfRun(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] === 0) at += 1
  return at
}
