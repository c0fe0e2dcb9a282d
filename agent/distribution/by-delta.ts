/**
 * Fetches an artifact as the difference to one that is here. Afterwards its stream lies in packs of that one, and, what is new, in packs that this host
 * makes itself: they are nobody else's, and cost no line.
 */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Delta } from '../../shared/distribution/delta.ts'
import { applyDelta, decodeDelta } from '../../shared/distribution/delta-apply.ts'
import { segmentsIn } from '../../shared/distribution/delta-segment.ts'
import { pieceOf } from '../../shared/distribution/manifest-codec.ts'
import type { OfferedDelta } from '../../shared/distribution/offer.ts'
import { fileAt } from '../../shared/distribution/read-at.ts'
import { compress } from '../../shared/distribution/zstd.ts'
import { verifyStream } from './artifact.ts'
import type { Held, Streams } from './held.ts'
import { partsOf } from './numbered.ts'
import type { Room } from './room.ts'
import { append, MAX_SLICES, packsOf, SliceMap } from './slices.ts'
import type { Slice } from './slices.ts'
import { PackLostError, streamOf, withFile } from './stream.ts'
import { ownerOf, rootBytes, takePart } from './take-part.ts'
import type { FetchMeans, Wanted } from './take-part.ts'

/** Of what is new, uncompressed; fits any pack. */
const LOCAL_PACK_BYTES = 1024 * 1024
/** Fast: it is written once, and read when the next release comes. */
const LEVEL = 3
/** Less than this is kept anew: a slice of its own would cost more. */
const MIN_COPY_BYTES = 4096

/** Rejects when the difference does not lead to the artifact, whatever the reason: then it has to be fetched whole. */
export async function fetchByDelta(offered: OfferedDelta, base: Held, wanted: Wanted, means: FetchMeans, signal: AbortSignal): Promise<Streams> {
  const { artifact, file } = wanted
  const { room } = means
  const delta = await decodeDelta(await rootBytes(offered.root, wanted, means, signal))
  const isMeant = delta.base === base.artifact.digest && delta.artifact.digest === artifact.digest
  if (!isMeant) throw new Error(`the difference ${offered.root.digest} is between other packages`)
  const alsoNeeded = packsOf(base.slices)
  await takePart({ root: offered.root, pieces: partsOf(delta), alsoNeeded, totalBytes: offered.totalBytes, delta: true }, wanted, means, signal)
  const read = streamOf(base.slices, room.readPack)
  await withFile(file, async (handle) => {
    for await (const bytes of applyDelta({ ...base, read }, delta, partsIn(delta, room))) {
      signal.throwIfAborted()
      await handle.appendFile(bytes)
    }
  })
  await verifyStream(file, delta, artifact, signal)
  const { layoutBytes, contentBytes } = delta
  return { layoutBytes, contentBytes, slices: await slicesOf(delta, base, wanted, room) }
}

async function* partsIn({ parts }: Delta, room: Room): AsyncGenerator<Buffer> {
  for (const { digest } of parts) {
    const part = await room.read(digest)
    if (part === null) throw new PackLostError(digest, 'is not here any more')
    yield part
  }
}

/** How the stream that lies in the file is put together from what the base has and what is new. */
async function slicesOf(delta: Delta, base: Held, { artifact, file }: Wanted, room: Room): Promise<Slice[]> {
  const map = new SliceMap(base.slices)
  const handle = await open(file, 'r')
  try {
    const writer = new SliceWriter(handle, room, [...packsOf(base.slices), ...delta.parts.map(({ digest }) => digest)], ownerOf(artifact))
    for await (const { steps } of segmentsIn(partsIn(delta, room), map.sizeBytes)) {
      for (const step of steps) {
        if (step.kind === 'copy' && step.length >= MIN_COPY_BYTES) writer.copy(map.range(step.from, step.length))
        else await writer.fresh(step.length)
      }
    }
    const slices = await writer.finish()
    // so much broken up that it is better put together anew
    return slices.length <= MAX_SLICES ? slices : await anew(handle, delta, room, ownerOf(artifact))
  } finally {
    await handle.close()
  }
}

async function anew(handle: FileHandle, { layoutBytes, contentBytes }: Delta, room: Room, owner: string): Promise<Slice[]> {
  const writer = new SliceWriter(handle, room, [], owner)
  await writer.fresh(layoutBytes + contentBytes)
  return await writer.finish()
}

/** Follows the stream in the file. What is new of it, one run after another, goes into packs. */
class SliceWriter {
  readonly #handle: FileHandle
  readonly #room: Room
  readonly #owner: string
  readonly #pinned: string[]
  readonly #slices: Slice[] = []
  /** What is not in a pack yet: the runs, whose pack has no name, and their bytes. */
  #open: Slice[] = []
  #openBytes: Buffer[] = []
  #openSize = 0
  #at = 0

  constructor(handle: FileHandle, room: Room, pinned: string[], owner: string) {
    this.#handle = handle
    this.#room = room
    this.#pinned = pinned
    this.#owner = owner
  }

  copy(slices: readonly Slice[]): void {
    for (const slice of slices) {
      append(this.#slices, slice)
      this.#at += slice.sizeBytes
    }
  }

  async fresh(sizeBytes: number): Promise<void> {
    for (let left = sizeBytes; left > 0;) {
      const size = Math.min(left, LOCAL_PACK_BYTES - this.#openSize)
      const slice: Slice = { pack: '', offsetBytes: this.#openSize, sizeBytes: size }
      this.#open.push(slice)
      this.#slices.push(slice)
      this.#openBytes.push(await fileAt(this.#handle)(this.#at, size))
      this.#openSize += size
      this.#at += size
      left -= size
      if (this.#openSize === LOCAL_PACK_BYTES) await this.#close()
    }
  }

  async finish(): Promise<Slice[]> {
    await this.#close()
    const merged: Slice[] = []
    for (const slice of this.#slices) append(merged, slice)
    return merged
  }

  async #close(): Promise<void> {
    if (this.#openSize === 0) return
    const packed = await compress(Buffer.concat(this.#openBytes), { level: LEVEL })
    const piece = pieceOf(packed)
    this.#pinned.push(piece.digest)
    this.#room.pin(this.#owner, this.#pinned)
    await this.#room.keep(piece, packed)
    for (const slice of this.#open) slice.pack = piece.digest
    this.#open = []
    this.#openBytes = []
    this.#openSize = 0
  }
}
