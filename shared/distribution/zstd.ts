/**
 * zstd over whole buffers off the main thread, bounded in both directions: nothing that was compressed elsewhere takes more memory than its
 * reader allows.
 */
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { ZstdOptions } from 'node:zlib'

const compressAsync = promisify(zstdCompress)
const decompressAsync = promisify(zstdDecompress)
/** Node hands the output over in steps of this size, each a way through the thread pool. */
const LEAST_STEP_BYTES = 16 * 1024
/** Beyond the input: what zstd adds to bytes that do not compress. */
const SLACK_BYTES = 1024

export type CompressOptions = { level: number; dictionary?: Buffer; windowLog?: number }

export type DecompressOptions = { maxBytes: number; windowLog: number; dictionary?: Buffer }

export async function compress(bytes: Buffer, { level, dictionary, windowLog }: CompressOptions): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, ...(windowLog === undefined ? {} : { [constants.ZSTD_c_windowLog]: windowLog }) }
  // Told how much is to come, zstd makes its tables no larger than that: without, half a kilobyte at level 19 takes 220 ms.
  const sizes = { pledgedSrcSize: bytes.length, chunkSize: bytes.length + SLACK_BYTES + (bytes.length >> 8) }
  const compressed = await compressAsync(bytes, { params, ...sizes, ...given(dictionary) })
  // It lies in a buffer that is as long as the input, which whoever keeps it would keep.
  return Buffer.from(compressed)
}

/**
 * One frame and nothing behind it. Rejects when it is none, needs a window of more than `2 ** windowLog` bytes, or holds more than
 * `maxBytes`.
 */
export async function decompress(bytes: Buffer, { maxBytes, windowLog, dictionary }: DecompressOptions): Promise<Buffer> {
  return await decompressAsync(bytes, {
    params: { [constants.ZSTD_d_windowLogMax]: windowLog }, maxOutputLength: Math.max(1, maxBytes), rejectGarbageAfterEnd: true,
    chunkSize: Math.max(LEAST_STEP_BYTES, Math.min(maxBytes, 16 * bytes.length)), ...given(dictionary),
  })
}

/** An empty dictionary is none. */
function given(dictionary: Buffer | undefined): Pick<ZstdOptions, 'dictionary'> {
  return dictionary === undefined || dictionary.length === 0 ? {} : { dictionary }
}
