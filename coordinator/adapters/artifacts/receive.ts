/**
 * One upload on its way in: sent → decompressed → checked → written, a chunk at a time. Every bound is judged before the bytes
 * that break it are written, so that a bomb fills no disk.
 */
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Artifact } from '../../../shared/command.ts'
import { problem } from '../../../shared/errors.ts'
import { decompressorOf, ofDecompressor } from '../../../shared/package/decompress.ts'
import { FORMATS, formatOf, type PackageFormat } from '../../../shared/package/format.ts'
import type { PackageLimits } from '../../../shared/package/limits.ts'
import { Unpacked } from '../../../shared/package/unpacked.ts'
import type { Upload } from '../../engine/ports/artifacts.ts'
import { Sent, tooLarge } from './sent.ts'

/** `stallMs`: how long an upload may go without a byte. */
export type ReceiveOptions = { limits: PackageLimits; stallMs: number }

/** Writes the uncompressed tar `into` a new file and syncs it. @throws MusterError, and whatever `bytes` and the file throw */
export async function receive(bytes: Readable, into: FileHandle, declared: Upload, { limits, stallMs }: ReceiveOptions): Promise<Artifact> {
  if ((declared.sizeBytes ?? 0) > limits.maxPackedBytes) throw tooLarge(limits.maxPackedBytes)
  const sent = new Sent(limits.maxPackedBytes, stallMs)
  const unpacked = new Unpacked(limits)
  try {
    sent.takeFrom(bytes)
    const format = await formatSent(sent)
    const file = into.createWriteStream({ flush: true })
    await pipeline(sent, decompressorOf(format), chunks => unpacked.through(chunks, sent), file).catch(error => {
      throw ofDecompressor(error, format)
    })
  } finally {
    sent.destroy()
  }
  const digest = sent.digest()
  if (digest === declared.declaredDigest) return unpacked.artifact()
  const message = `the bytes that arrived have the SHA-256 ${digest}, not ${declared.declaredDigest} as declared`
  throw problem('digest_mismatch', message, { expected: 'the bytes that were declared; send them again' })
}

async function formatSent(sent: Sent): Promise<PackageFormat> {
  const head = await sent.head()
  const format = formatOf(head)
  if (format) return format
  throw problem('package_invalid', head.length === 0 ? 'the package is empty' : 'the package is not a tar archive', { expected: FORMATS })
}
