/**
 * Content-defined chunks: where a stream is cut depends on the bytes near the cut alone, so that what two streams share falls into the same
 * chunks wherever it stands in them. A gear hash with normalised chunking, as in Xia et al., "FastCDC", USENIX ATC 2016: rarer cuts below
 * the average size, more frequent ones above it.
 */
export const CHUNK_MIN_BYTES = 16 * 1024
export const CHUNK_AVERAGE_BYTES = 64 * 1024
export const CHUNK_MAX_BYTES = 256 * 1024

/** The highest bits of the hash, those that the most bytes take part in: two more than log2(64 Ki) below the average, two fewer above. */
const RARE_MASK = -1 << (32 - 18)
const FREQUENT_MASK = -1 << (32 - 14)

const GEAR = gearTable()

/** Fed with a stream in buffers of any size, gives its chunks. */
export class Chunker {
  #held: Buffer[] = []
  #heldBytes = 0
  #hash = 0

  /** The last chunk, if there is one. */
  finish(): Buffer | null {
    return this.#heldBytes > 0 ? this.#whole(Buffer.alloc(0)) : null
  }

  /** The chunks that `bytes` completes; what it does not complete is held, less than `CHUNK_MAX_BYTES`. */
  *cut(bytes: Buffer): Generator<Buffer> {
    let rest = bytes
    while (rest.length > 0) {
      const end = this.#endIn(rest)
      if (end === 0) break
      yield this.#whole(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    if (rest.length === 0) return
    this.#held.push(rest)
    this.#heldBytes += rest.length
  }

  #whole(last: Buffer): Buffer {
    const chunk = this.#held.length === 0 ? last : Buffer.concat([...this.#held, last])
    this.#held = []
    this.#heldBytes = 0
    this.#hash = 0
    return chunk
  }

  /** Where in `bytes`, which follow what is held, the chunk ends; 0 when it goes on. */
  #endIn(bytes: Buffer): number {
    const held = this.#heldBytes
    const end = Math.min(bytes.length, CHUNK_MAX_BYTES - held)
    const average = Math.min(end, Math.max(0, CHUNK_AVERAGE_BYTES - held))
    const first = Math.min(end, Math.max(0, CHUNK_MIN_BYTES - held))
    const rare = seek(bytes, first, average, RARE_MASK, this.#hash)
    if (rare.found) return rare.at
    const frequent = seek(bytes, Math.max(first, average), end, FREQUENT_MASK, rare.hash)
    if (frequent.found) return frequent.at
    this.#hash = frequent.hash
    return held + end === CHUNK_MAX_BYTES ? end : 0
  }
}

/** Rolls `hash` on from `from` until it has none of the mask's bits, at the latest to `to`. */
function seek(bytes: Buffer, from: number, to: number, mask: number, hash: number): { found: boolean; at: number; hash: number } {
  const gear = GEAR
  let rolled = hash
  for (let at = from; at < to; at += 1) {
    rolled = ((rolled << 1) + gear[bytes[at]!]!) | 0
    if ((rolled & mask) === 0) return { found: true, at: at + 1, hash: rolled }
  }
  return { found: false, at: to, hash: rolled }
}

export async function* chunksOf(source: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  const chunker = new Chunker()
  for await (const bytes of source) yield* chunker.cut(bytes)
  const last = chunker.finish()
  if (last !== null) yield last
}

/** 256 numbers without a pattern, the same ones for ever: another table would cut every stream elsewhere. Mulberry32, from a fixed seed. */
function gearTable(): Int32Array {
  let state = 0x6d757374
  return Int32Array.from({ length: 256 }, () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return mixed ^ (mixed >>> 14)
  })
}
