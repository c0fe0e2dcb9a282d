/**
 * The head of a tar's entry, told in three parts: what stays while the file does (the row), the time stamp, and the finer times of extended
 * headers. A row is read without the tar at hand, from bytes that may be anybody's.
 */
import { Reader, Writer } from './bytes-codec.ts'
import { damage } from './damage.ts'
import { blank, restore, timeOf } from './header-fields.ts'
import { BLOCK_BYTES, MAX_HEAD_BYTES, paddingOf } from './tar-scan.ts'
import { readSparse, writeSparse } from './zero-runs.ts'

/** `times`: digits, as they stand in extended headers. */
export type Head = { row: Buffer; timeSeconds: number; times: Buffer }

/** Of an entry's extended headers, so many times are taken out. */
const MAX_TIMES = 3
const TIMES = /(?<=[0-9] [amc]time=)[0-9]{1,12}(?:\.[0-9]{1,9})?(?=\n)/g
export const MAX_TIMES_BYTES = MAX_TIMES * 22
const BODY = 64
const TIMES_IN_BODY = 128

/** @param padding what fills the content's last block; it is told only where it is not zeros */
export function encodeHead(head: Buffer, bodies: readonly number[], contentBytes: number, padding: Buffer): Head {
  const to = new Writer()
  const timeSeconds = bodies.length === 0 ? 0 : timeOf(head.subarray(head.length - BLOCK_BYTES - (bodies.at(-1) ?? 0))) ?? 0
  const times: string[] = []
  let at = 0
  to.number(bodies.length)
  for (const bodyBytes of bodies) {
    const { block, forms } = blank(head.subarray(at, at + BLOCK_BYTES), contentBytes, timeSeconds)
    const body = head.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + bodyBytes)
    const found = timesIn(body, MAX_TIMES - times.length)
    to.number(forms.size + 4 * forms.time + 16 * forms.checksum + (bodyBytes > 0 ? BODY : 0) + (found.length > 0 ? TIMES_IN_BODY : 0))
    writeSparse(to, block)
    if (bodyBytes > 0) {
      to.number(bodyBytes / BLOCK_BYTES)
      writeSparse(to, withoutTimes(body, found))
    }
    times.push(...found.map(({ text }) => text))
    at += BLOCK_BYTES + bodyBytes
  }
  if (padding.some((byte) => byte !== 0)) writeSparse(to, padding)
  return { row: to.take(), timeSeconds, times: Buffer.from(times.join(''), 'latin1') }
}

/** The head and the padding, as they were. @throws MusterError when the row is none, or makes more than a head may be */
export function decodeHead({ row, timeSeconds, times }: Head, contentBytes: number): { head: Buffer; padding: Buffer } {
  const from = new Reader(row, (how) => damage('layout', how))
  const digits = new Reader(times, (how) => damage('layout', how))
  const parts: Buffer[] = []
  const count = from.number(MAX_HEAD_BYTES / BLOCK_BYTES)
  for (let [left, room] = [count, MAX_HEAD_BYTES]; left > 0; left -= 1) {
    const forms = from.number(255)
    const block = readSparse(from, BLOCK_BYTES)
    restore(block, { size: forms & 3, time: (forms >> 2) & 3, checksum: (forms >> 4) & 3 }, contentBytes, timeSeconds)
    room -= BLOCK_BYTES
    const bodyBytes = (forms & BODY) === 0 ? 0 : BLOCK_BYTES * from.number(Math.max(0, Math.floor(room / BLOCK_BYTES)))
    room -= bodyBytes
    const body = readSparse(from, bodyBytes)
    if ((forms & TIMES_IN_BODY) !== 0) fillTimes(body, digits)
    parts.push(block, body)
  }
  const paddingBytes = paddingOf(count, contentBytes)
  const padding = from.left === 0 ? Buffer.alloc(paddingBytes) : readSparse(from, paddingBytes)
  if (from.left > 0 || digits.left > 0) throw damage('layout', 'a row has bytes that say nothing')
  return { head: Buffer.concat(parts), padding }
}

type Found = { at: number; text: string }

function timesIn(body: Buffer, most: number): Found[] {
  return body.length === 0 ? [] : [...body.toString('latin1').matchAll(TIMES)].slice(0, most).map((match) => ({ at: match.index, text: match[0] }))
}

/** With zeros for digits, so that the same places are found in it. */
function withoutTimes(body: Buffer, found: readonly Found[]): Buffer {
  const without = Buffer.from(body)
  for (const { at, text } of found) without.write(text.replaceAll(/[0-9]/g, '0'), at, 'latin1')
  return without
}

function fillTimes(body: Buffer, digits: Reader): void {
  for (const { at, text } of timesIn(body, MAX_TIMES)) {
    if (digits.left > 0) body.set(digits.raw(text.length), at)
  }
}
