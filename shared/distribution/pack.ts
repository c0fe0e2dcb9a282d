/**
 * Packs: runs of chunks, compressed together. Where a run ends is decided by its chunks' digests, so that what two releases share lies in
 * the same packs, byte for byte. Layout and contents never share one.
 */
import { zstdCompressSync, constants } from 'node:zlib'
import { sha256 } from '../digest.ts'
import { CHUNK_AVERAGE_BYTES, CHUNK_MAX_BYTES, chunksOf } from './chunker.ts'
import { damage } from './damage.ts'
import { rawBytesOf } from './manifest-codec.ts'
import type { Chunk, Pack } from './manifest.ts'
import { compress, decompress } from './zstd.ts'

/** Uncompressed. */
export const PACK_MAX_BYTES = 4 * 1024 * 1024
const PACK_MIN_BYTES = 64 * 1024
/** So many an artifact has, about. */
const PACKS_PER_ARTIFACT = 256
/** A pack of fewer bytes, compressed, costs more in what its chunks do not learn from each other than its size is good for. */
const MIN_PACKED_BYTES = 48 * 1024
/** For 4 MiB, and more than enough. */
const WINDOW_LOG = 23
/**
 * 25 to 40 MB/s on a core, 3 to 10 % fewer bytes than the .tgz; level 12 has 2 % fewer still at half the speed, level 19 another 6 % at a
 * twentieth.
 */
const LEVEL = 9
/** Tells in a fifth of a millisecond whether a chunk compresses at all. */
const QUICK_LEVEL = 1
/** Of Node: it takes no smaller steps. */
const MIN_STEP_BYTES = 64

export type Run = { chunks: Chunk[]; bytes: Buffer }

/** How long runs are on average, uncompressed: a power of two, so that artifacts of about the same size share their packs. */
function runTargetOf(artifactBytes: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(1, artifactBytes / PACKS_PER_ARTIFACT)))
  return Math.min(PACK_MAX_BYTES, Math.max(PACK_MIN_BYTES, power))
}

/** The runs of one of an artifact's streams, its layout or its contents: cut into chunks here. @param artifactBytes of the tar */
export async function* runsOf(stream: AsyncIterable<Buffer>, artifactBytes: number): AsyncGenerator<Run> {
  const targetBytes = runTargetOf(artifactBytes)
  let open = new OpenRun()
  for await (const bytes of chunksOf(stream)) {
    const chunk = { digest: sha256(bytes), sizeBytes: bytes.length }
    open.add(chunk, bytes)
    if (!open.endsWith(chunk, targetBytes)) continue
    yield open.close()
    open = new OpenRun()
  }
  if (open.sizeBytes > 0) yield open.close()
}

class OpenRun {
  sizeBytes = 0
  #packedBytes = 0
  readonly #chunks: Chunk[] = []
  readonly #parts: Buffer[] = []

  add(chunk: Chunk, bytes: Buffer): void {
    this.#chunks.push(chunk)
    this.#parts.push(bytes)
    this.sizeBytes += bytes.length
    if (this.#packedBytes < MIN_PACKED_BYTES) this.#packedBytes += quickBytes(bytes)
  }

  /** After half of the target, at a chunk in so many that runs become as long as the target on average. */
  endsWith({ digest }: Chunk, targetBytes: number): boolean {
    if (this.sizeBytes + CHUNK_MAX_BYTES > PACK_MAX_BYTES) return true
    if (this.sizeBytes < targetBytes / 2 || this.#packedBytes < MIN_PACKED_BYTES) return false
    return parseInt(digest.slice(0, 8), 16) % Math.max(1, targetBytes / 2 / CHUNK_AVERAGE_BYTES) === 0
  }

  close(): Run {
    return { chunks: this.#chunks, bytes: Buffer.concat(this.#parts) }
  }
}

function quickBytes(bytes: Buffer): number {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: QUICK_LEVEL }, chunkSize: Math.max(MIN_STEP_BYTES, bytes.length) }).length
}

/** Names a run before it is compressed, so that one that is known need not be. */
export function runDigest(chunks: readonly Chunk[]): string {
  return sha256(chunks.map(({ digest }) => digest).join('\n'))
}

export async function encodePack({ bytes }: Run): Promise<Buffer> {
  return await compress(bytes, { level: LEVEL })
}

/** The bytes of its chunks, one after another. @throws MusterError unless each has the digest that `pack` says */
export async function decodePack({ chunks }: Pick<Pack, 'chunks'>, packed: Buffer): Promise<Buffer> {
  const sizeBytes = rawBytesOf({ chunks })
  if (sizeBytes > PACK_MAX_BYTES) throw damage('pack', `its chunks have ${sizeBytes} bytes together, and ${PACK_MAX_BYTES} is the most`)
  const bytes = await decompress(packed, { maxBytes: sizeBytes, windowLog: WINDOW_LOG })
    .catch((error: unknown) => { throw damage('pack', error instanceof Error ? error.message : String(error)) })
  if (bytes.length !== sizeBytes) throw damage('pack', `it has ${bytes.length} bytes instead of ${sizeBytes}`)
  let at = 0
  for (const chunk of chunks) {
    const digest = sha256(bytes.subarray(at, at + chunk.sizeBytes))
    if (digest !== chunk.digest) throw damage('pack', `it has the chunk ${digest} where its manifest has ${chunk.digest}`)
    at += chunk.sizeBytes
  }
  return bytes
}
