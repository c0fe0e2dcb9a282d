/** What makes a tar of a package as it is sent, and what is said when it cannot. */
import { PassThrough } from 'node:stream'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { problem } from '../errors.ts'
import type { PackageFormat } from './format.ts'

const UNPACK_CHUNK_BYTES = 64 * 1024

export function decompressorOf(format: PackageFormat): Transform {
  switch (format) {
    case 'tar': return new PassThrough()
    case 'gzip': return createGunzip({ chunkSize: UNPACK_CHUNK_BYTES })
    case 'zstd': return createZstdDecompress({ chunkSize: UNPACK_CHUNK_BYTES, rejectGarbageAfterEnd: true })
    default: return format satisfies never
  }
}

/** What a decompressor throws becomes a refusal; everything else stays what it is. */
export function ofDecompressor(error: unknown, format: PackageFormat): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!/^Z_|^ZSTD_|^ERR_TRAILING_JUNK/.test(code)) return error
  const expected = `a whole ${format} stream and nothing behind it`
  return problem('package_invalid', `the ${format} stream is damaged: ${(error as Error).message}`, { expected })
}
