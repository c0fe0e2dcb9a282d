/** What a package is, computed here and not believed: SHA-256, size and entries of the uncompressed tar, by the very check that the coordinator makes. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Artifact } from '../../shared/command.ts'
import { problem } from '../../shared/errors.ts'
import { decompressorOf, ofDecompressor } from '../../shared/package/decompress.ts'
import { FORMATS, formatOf } from '../../shared/package/format.ts'
import { PACKAGE_LIMITS } from '../../shared/package/limits.ts'
import { Unpacked } from '../../shared/package/unpacked.ts'
import { headOf } from './prepare.ts'

/** @param file an archive. @throws MusterError package_invalid, package_too_large */
export async function measure(file: string): Promise<Artifact> {
  const format = formatOf(await headOf(file))
  if (format === null) throw problem('package_invalid', 'is not a tar archive', { expected: FORMATS })
  const source = createReadStream(file)
  const sent = { get bytes() { return source.bytesRead } }
  const unpacked = new Unpacked(PACKAGE_LIMITS)
  await pipeline(source, decompressorOf(format), (chunks) => unpacked.through(chunks, sent), async (chunks) => { for await (const _ of chunks); })
    .catch((error: unknown) => {
      throw ofDecompressor(error, format)
    })
  return unpacked.artifact()
}
