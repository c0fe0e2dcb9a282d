/** What `--srv` and `--cmd` name, made ready to be sent: an archive goes as it is, a directory becomes a tar in a temporary file. */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream, type Stats } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MusterError, problem } from '../../shared/errors.ts'
import { formatBytes } from '../../shared/package/bytes.ts'
import { FORMATS, formatOf, HEAD_BYTES } from '../../shared/package/format.ts'
import { PACKAGE_LIMITS } from '../../shared/package/limits.ts'
import { tarOf } from './tar-of.ts'

/** `sha256` and `sizeBytes` are of the file, as it will be sent. `cleanup` removes what was made for it, and may be called twice. */
export type PreparedPackage = { file: string; sha256: string; sizeBytes: number; cleanup: () => Promise<void> }

const EXPECTED = `a directory, or ${FORMATS}`

/** @throws MusterError flag_invalid, package_invalid, package_too_large; its field is the flag, its message names `path` */
export async function preparePackage(path: string, name: 'srv' | 'cmd'): Promise<PreparedPackage> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) return await packDirectory(path)
    return await takeArchive(path, stats)
  } catch (error) {
    throw ofFlag(error, `--${name}`, path)
  }
}

async function takeArchive(file: string, stats: Stats): Promise<PreparedPackage> {
  if (!stats.isFile() || !formatOf(await headOf(file))) throw problem('package_invalid', 'is not a tar archive', { expected: EXPECTED })
  const seen = new Seen()
  await pipeline(createReadStream(file), chunks => seen.through(chunks), async chunks => { for await (const _ of chunks); })
  return { file, ...seen.sums(), cleanup: async () => {} }
}

async function packDirectory(directory: string): Promise<PreparedPackage> {
  const temporary = await mkdtemp(join(tmpdir(), 'muster-package-'))
  const cleanup = () => rm(temporary, { recursive: true, force: true })
  const file = join(temporary, 'package.tar')
  const seen = new Seen()
  try {
    await pipeline(tarOf(directory), chunks => seen.through(chunks), createWriteStream(file))
    return { file, ...seen.sums(), cleanup }
  } catch (error) {
    await cleanup()
    throw error
  }
}

/** Counts and hashes what goes through. */
class Seen {
  #bytes = 0
  readonly #hash: Hash = createHash('sha256')

  async *through(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#bytes += chunk.length
      if (this.#bytes > PACKAGE_LIMITS.maxUnpackedBytes) {
        throw problem('package_too_large', 'is too large', { expected: `at most ${formatBytes(PACKAGE_LIMITS.maxUnpackedBytes)}` })
      }
      this.#hash.update(chunk)
      yield chunk
    }
  }

  sums(): { sha256: string; sizeBytes: number } {
    return { sha256: this.#hash.digest('hex'), sizeBytes: this.#bytes }
  }
}

/** As much of the file as decides its format. */
export async function headOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Says which flag and which path; leaves what is neither the package's nor the user's fault as it is. */
export function ofFlag(error: unknown, field: string, path: string): unknown {
  if (error instanceof MusterError) {
    return new MusterError({ ...error.problem, field, message: `${path}: ${error.problem.message}` }, { cause: error })
  }
  const { code, path: where = path } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT': case 'ENOTDIR': return problem('flag_invalid', `${where} does not exist`, { field, expected: EXPECTED })
    case 'EACCES': case 'EPERM': return problem('flag_invalid', `${where} may not be read`, { field, expected: 'files that you may read' })
    case 'ENOSPC': return problem('unavailable', `${tmpdir()} is full`, { field, expected: 'room for a package; or name another TMPDIR' })
    default: return error
  }
}
