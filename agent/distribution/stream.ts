/** The bytes of a held artifact's stream, out of the pieces that they lie in. */
import { open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ReadAt } from '../../shared/distribution/read-at.ts'
import { SliceMap } from './slices.ts'
import type { Slice } from './slices.ts'

/** The uncompressed bytes of a pack. Rejects with a PackLost when it is not here, or damaged. */
export type ReadPack = (digest: string) => Promise<Buffer>

/** Uncompressed packs that are held for the next reads, at most 4 MiB each: what is read lies mostly where the last was. */
const MAX_OPEN_PACKS = 4

/** A piece that should be here is not, or not as it was. */
export class PackLostError extends Error {
  readonly pack: string

  constructor(pack: string, why: string) {
    super(`pack ${pack} ${why}`)
    this.pack = pack
  }
}

/** Any bytes of the stream. */
export function streamOf(slices: readonly Slice[], readPack: ReadPack): ReadAt {
  const map = new SliceMap(slices)
  const read = remembering(readPack)
  return async (offset, length) => {
    const parts: Buffer[] = []
    for (const slice of map.range(offset, length)) parts.push(await bytesOf(slice, read))
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }
}

/** Writes the whole stream to a file, one pack after another. */
export async function writeStream(slices: readonly Slice[], readPack: ReadPack, file: string, signal: AbortSignal): Promise<void> {
  const read = remembering(readPack)
  await withFile(file, async (handle) => {
    for (const slice of slices) {
      signal.throwIfAborted()
      await handle.appendFile(await bytesOf(slice, read))
    }
  })
}

/** A new file, that is gone again when it cannot be written whole. */
export async function withFile(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await write(handle)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function bytesOf({ pack, offsetBytes, sizeBytes }: Slice, read: ReadPack): Promise<Buffer> {
  const bytes = await read(pack)
  if (bytes.length < offsetBytes + sizeBytes) throw new PackLostError(pack, `has ${bytes.length} bytes, ${offsetBytes + sizeBytes} are needed`)
  return bytes.subarray(offsetBytes, offsetBytes + sizeBytes)
}

/** Keeps the last few. */
function remembering(readPack: ReadPack): ReadPack {
  const open = new Map<string, Buffer>()
  return async (digest) => {
    const bytes = open.get(digest) ?? (await readPack(digest))
    open.delete(digest)
    open.set(digest, bytes)
    if (open.size > MAX_OPEN_PACKS) open.delete(open.keys().next().value!)
    return bytes
  }
}
