/** The same files in a tar as another build makes it: every entry with a fresh time stamp of its own, and all of them in another order. */
import { open, readFile } from 'node:fs/promises'
import { memoryAt } from '../../unit/distribution/artifacts.ts'
import { BLOCK_BYTES, headBytesOf, paddingOf, scanTar } from '../../../shared/distribution/tar-scan.ts'

/** A build takes a day at most. */
const BUILD_S = 86_400
const FIRST_BUILD_S = 1_760_000_000
const TIME = { from: 136, to: 148 }
const CHECKSUM = { from: 148, to: 156 }

/** @param seed another one is another build */
export async function repack(tar: string, into: string, seed: number): Promise<void> {
  const bytes = await readFile(tar)
  const { entries } = await scanTar(memoryAt(bytes), bytes.length)
  const random = generator(seed)
  const stamped = entries.map(({ offset, bodies, contentBytes }) => {
    const headBytes = headBytesOf(bodies)
    const entry = Buffer.from(bytes.subarray(offset, offset + headBytes + contentBytes + paddingOf(bodies.length, contentBytes)))
    stamp(entry.subarray(headBytes - BLOCK_BYTES, headBytes), FIRST_BUILD_S + seed * BUILD_S + Math.floor(random() * BUILD_S))
    return { entry, rank: random() }
  })
  const file = await open(into, 'w')
  try {
    for (const { entry } of stamped.toSorted((a, b) => a.rank - b.rank)) await file.appendFile(entry)
    await file.appendFile(Buffer.alloc(2 * BLOCK_BYTES))
  } finally {
    await file.close()
  }
}

function stamp(header: Buffer, seconds: number): void {
  header.write(`${seconds.toString(8).padStart(11, '0')}\0`, TIME.from, 'latin1')
  header.fill(' ', CHECKSUM.from, CHECKSUM.to)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM.from, 'latin1')
}

/** Numbers from 0 to 1, the same ones for the same seed: mulberry32. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
