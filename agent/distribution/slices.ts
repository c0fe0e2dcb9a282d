/**
 * How the stream of an artifact (layout, then contents) is put together from packs: runs of their uncompressed bytes, one behind the other. The packs of a
 * manifest are one slice each; after a delta the slices are parts of the packs of the release before, and of packs that this host has made itself.
 */
import { z } from 'zod'
import { DIGEST_PATTERN } from '../../shared/digest.ts'

/** So many bytes of the pack with that digest, from an offset in what it is uncompressed. */
export type Slice = { pack: string; offsetBytes: number; sizeBytes: number }

/** Of one artifact. One that would have more is put together anew, in packs of its own. */
export const MAX_SLICES = 65_536

const bytes = z.number().int().min(0)
export const sliceSchema = z.strictObject({ pack: z.string().regex(DIGEST_PATTERN), offsetBytes: bytes, sizeBytes: bytes.min(1) }) satisfies z.ZodType<Slice>

/** Appends a slice; one that goes on where the last ended makes that longer. */
export function append(slices: Slice[], slice: Slice): void {
  const last = slices.at(-1)
  if (last && last.pack === slice.pack && last.offsetBytes + last.sizeBytes === slice.offsetBytes) last.sizeBytes += slice.sizeBytes
  else if (slice.sizeBytes > 0) slices.push({ ...slice })
}

export function totalBytes(slices: readonly Slice[]): number {
  return slices.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

export function packsOf(slices: readonly Slice[]): Set<string> {
  return new Set(slices.map(({ pack }) => pack))
}

/** Finds which slices some bytes of a stream lie in. */
export class SliceMap {
  readonly #slices: readonly Slice[]
  /** Where each slice begins in the stream. */
  readonly #starts: Float64Array
  readonly sizeBytes: number

  constructor(slices: readonly Slice[]) {
    this.#slices = slices
    this.#starts = new Float64Array(slices.length)
    let at = 0
    for (const [index, { sizeBytes }] of slices.entries()) {
      this.#starts[index] = at
      at += sizeBytes
    }
    this.sizeBytes = at
  }

  /** @throws RangeError when the stream does not have these bytes */
  range(offsetBytes: number, sizeBytes: number): Slice[] {
    const end = offsetBytes + sizeBytes
    if (offsetBytes < 0 || sizeBytes < 0 || end > this.sizeBytes) throw new RangeError(`bytes ${offsetBytes} to ${end} of a stream of ${this.sizeBytes}`)
    const found: Slice[] = []
    for (let index = this.#at(offsetBytes); index < this.#slices.length && this.#starts[index]! < end; index++) {
      const { pack, offsetBytes: from, sizeBytes: size } = this.#slices[index]!
      const start = this.#starts[index]!
      const skip = Math.max(0, offsetBytes - start)
      append(found, { pack, offsetBytes: from + skip, sizeBytes: Math.min(size, end - start) - skip })
    }
    return found
  }

  /** The last slice that begins at or before the offset. */
  #at(offsetBytes: number): number {
    let [low, high] = [0, this.#slices.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#starts[middle]! <= offsetBytes) low = middle
      else high = middle - 1
    }
    return low
  }
}
