/** Artifacts in memory, taken apart and cut as the store does it. */
import { sha256 } from '../../../shared/digest.ts'
import { chunksOf } from '../../../shared/distribution/chunker.ts'
import type { Whole } from '../../../shared/distribution/delta-make.ts'
import type { ReadAt } from '../../../shared/distribution/read-at.ts'
import { rejoin } from '../../../shared/distribution/rejoin.ts'
import type { Streams } from '../../../shared/distribution/rejoin.ts'
import { takeApart } from '../../../shared/distribution/take-apart.ts'

export function memoryAt(bytes: Buffer): ReadAt {
  return async (offset, length) => {
    if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError(`${length} bytes from ${offset} on, of ${bytes.length}`)
    return bytes.subarray(offset, offset + length)
  }
}

export async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source))
}

export async function streamsOf(tar: Buffer): Promise<Streams & { bytes: Buffer }> {
  const apart = await takeApart(memoryAt(tar), tar.length)
  const layout = await collect(apart.layout())
  const bytes = Buffer.concat([layout, await collect(apart.contents())])
  return { bytes, read: memoryAt(bytes), layoutBytes: layout.length, contentBytes: apart.contentBytes }
}

export async function wholeOf(tar: Buffer): Promise<Whole & { bytes: Buffer }> {
  const streams = await streamsOf(tar)
  const cut = [streams.bytes.subarray(0, streams.layoutBytes), streams.bytes.subarray(streams.layoutBytes)]
  const chunks = []
  for (const stream of cut) for await (const bytes of chunksOf([stream])) chunks.push({ digest: sha256(bytes), sizeBytes: bytes.length })
  return { ...streams, chunks, artifact: { digest: sha256(tar), sizeBytes: tar.length, entries: 1 } }
}

export async function rejoined(streams: Streams, sizeBytes: number): Promise<Buffer> {
  return await collect(rejoin(streams, sizeBytes))
}

/** Bytes that do not compress, the same ones for the same seed. */
export function noise(length: number, seed = 1): Buffer {
  let state = seed
  return Buffer.from(Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state >>> 16
  }))
}
