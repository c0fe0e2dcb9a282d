/**
 * The end of a layout: for each entry, in the order of paths, where its row and its content lie, when it was made, and where it stood in
 * the tar. Each is a column of its own, told as the difference to the entry before, so that what is equal or follows compresses to nothing.
 *
 *   layout = rows, times, index, trailer      the trailer is TRAILER_BYTES long and says how long the others are
 */
import { Reader, Writer } from './bytes-codec.ts'
import { damage } from './damage.ts'
import { MAX_TIMES_BYTES } from './head-codec.ts'
import type { ReadAt } from './read-at.ts'
import { MAX_HEAD_BYTES } from './tar-scan.ts'

/** As many entries as a package may have, and what its extended headers may make of a tar of 16 GiB (`MAX_HEAD_BYTES`). */
export const MAX_ENTRIES = 350_000
/** A row takes at most this much more than its head: a byte or two for each run of zeros. */
const MAX_ROW_BYTES = 2 * MAX_HEAD_BYTES
const MAX_INDEX_BYTES = 40 * MAX_ENTRIES
const NUMBER_BYTES = 6
export const TRAILER_BYTES = 5 * NUMBER_BYTES
/** A time stamp has eleven octal digits. */
const MAX_SECONDS = 8 ** 11

/** One entry. `place`: its number in the tar. */
export type Row = { rowBytes: number; contentBytes: number; timesBytes: number; timeSeconds: number; place: number }

export function encodeIndex(rows: readonly Row[], tailBytes: number): Buffer {
  const to = new Writer()
  for (const { rowBytes } of rows) to.number(rowBytes)
  for (const { contentBytes } of rows) to.number(contentBytes)
  for (const { timesBytes } of rows) to.number(timesBytes)
  for (const [n, { timeSeconds }] of rows.entries()) to.signed(timeSeconds - (rows[n - 1]?.timeSeconds ?? 0))
  for (const step of stepsOf(rows)) to.number(step)
  const index = to.take()
  const trailer = Buffer.alloc(TRAILER_BYTES)
  const rowsBytes = rows.reduce((sum, row) => sum + row.rowBytes, 0)
  const timesBytes = rows.reduce((sum, row) => sum + row.timesBytes, 0)
  const numbers = [rows.length, tailBytes, rowsBytes, timesBytes, index.length]
  for (const [n, value] of numbers.entries()) trailer.writeUIntBE(value, n * NUMBER_BYTES, NUMBER_BYTES)
  return Buffer.concat([index, trailer])
}

/**
 * From each entry of the tar to the next one, in the order of paths: 0 where that is the tar's order, too. Modulo a power of two, so that a
 * new entry changes few.
 */
function* stepsOf(rows: readonly Row[]): Generator<number> {
  const inTar = new Uint32Array(rows.length)
  for (const [n, { place }] of rows.entries()) inTar[place] = n
  const modulus = modulusOf(rows.length)
  let last = -1
  for (const n of inTar) {
    yield (n - last - 1 + modulus) % modulus
    last = n
  }
}

function modulusOf(entries: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, entries)))
}

/** Where what of each entry lies, by its number in the order of paths; `inTar`: these numbers in the tar's order. */
export type Index = {
  entries: number
  tailBytes: number
  rowsAt: Float64Array
  timesAt: Float64Array
  contentsAt: Float64Array
  timeSeconds: Float64Array
  inTar: Uint32Array
}

/** @throws MusterError when the streams are not what they should be; so much memory as its entries need, at most `MAX_ENTRIES` */
export async function readIndex(read: ReadAt, layoutBytes: number, contentBytes: number): Promise<Index> {
  if (layoutBytes < TRAILER_BYTES) throw damage('layout', 'it is too short')
  const trailer = await read(layoutBytes - TRAILER_BYTES, TRAILER_BYTES)
  const [entries, tailBytes, rowsBytes, timesBytes, indexBytes] = numbersIn(trailer)
  if (rowsBytes + timesBytes + indexBytes + TRAILER_BYTES !== layoutBytes) throw damage('layout', 'its parts are not as long as it is')
  if (entries > MAX_ENTRIES || indexBytes > MAX_INDEX_BYTES) throw damage('layout', `it has more than ${MAX_ENTRIES} entries`)
  const from = new Reader(await read(rowsBytes + timesBytes, indexBytes), (how) => damage('layout', how))
  const rowsAt = offsets(from, entries, 0, rowsBytes, MAX_ROW_BYTES)
  const contentsAt = offsets(from, entries, layoutBytes, contentBytes, contentBytes)
  const timesAt = offsets(from, entries, rowsBytes, timesBytes, MAX_TIMES_BYTES)
  const timeSeconds = readTimes(from, entries)
  const inTar = readOrder(from, entries)
  if (from.left > 0) throw damage('layout', 'its index has bytes that say nothing')
  return { entries, tailBytes, rowsAt, timesAt, contentsAt, timeSeconds, inTar }
}

function numbersIn(trailer: Buffer): [number, number, number, number, number] {
  const number = (n: number): number => trailer.readUIntBE(n * NUMBER_BYTES, NUMBER_BYTES)
  return [number(0), number(1), number(2), number(3), number(4)]
}

/** Where each begins, and behind them where the last one ends; together they are `total` long, each at most `most`. */
function offsets(from: Reader, entries: number, start: number, total: number, most: number): Float64Array {
  const at = new Float64Array(entries + 1)
  at[0] = start
  for (let n = 0; n < entries; n += 1) at[n + 1] = at[n]! + from.number(most)
  if (at[entries] !== start + total) throw damage('layout', 'its entries are not as long as its parts')
  return at
}

function readTimes(from: Reader, entries: number): Float64Array {
  const times = new Float64Array(entries)
  let last = 0
  for (let n = 0; n < entries; n += 1) {
    last += from.signed(MAX_SECONDS)
    if (last < 0 || last >= MAX_SECONDS) throw damage('layout', 'a time stamp that no tar has')
    times[n] = last
  }
  return times
}

function readOrder(from: Reader, entries: number): Uint32Array {
  const inTar = new Uint32Array(entries)
  const seen = new Uint8Array(entries)
  const modulus = modulusOf(entries)
  let last = -1
  for (let place = 0; place < entries; place += 1) {
    last = (last + 1 + from.number(modulus - 1)) % modulus
    if (last >= entries || seen[last] === 1) throw damage('layout', 'its order is none')
    seen[last] = 1
    inTar[place] = last
  }
  return inTar
}
