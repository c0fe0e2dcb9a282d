/**
 * Artifacts as files, `<2 hex>/<digest>` beside `<digest>.json`, in `<data-dir>/artifacts` or a directory that several coordinators share. The
 * tar's rename is what makes an artifact be there, and comes last: nobody ever sees half of one. Uploads on their way lie apart for each
 * coordinator; what they left behind when it crashed is removed when it opens the store again.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { Artifact } from '../../../shared/command.ts'
import { DIGEST_PATTERN } from '../../../shared/digest.ts'
import { MusterError, problem } from '../../../shared/errors.ts'
import { PACKAGE_LIMITS } from '../../../shared/package/limits.ts'
import type { ArtifactStore, ByteRange, OpenArtifact, Upload } from '../../engine/ports/artifacts.ts'
import { receive, type ReceiveOptions } from './receive.ts'

export const UPLOAD_STALL_MS = 60_000

/** In an upload's own directory. */
const TAR = 'tar'
const NOTE = 'note'

export type StoreOptions = ReceiveOptions & {
  /** Where the artifacts are, when other coordinators have them there too; default: below the data directory, for this one alone. */
  shared: string
}

/** Opens the store of the coordinator whose data directory is `dataDir`, and makes it if it is not there. */
export async function openFileArtifacts(dataDir: string, { shared, ...options }: Partial<StoreOptions> = {}): Promise<ArtifactStore> {
  const root = shared ?? join(dataDir, 'artifacts')
  const incoming = join(root, shared === undefined ? 'incoming' : `incoming-${ownerOf(dataDir)}`)
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true })
  await syncDirectory(dirname(root))
  return new FileArtifacts(root, incoming, { limits: PACKAGE_LIMITS, stallMs: UPLOAD_STALL_MS, ...options })
}

class FileArtifacts implements ArtifactStore {
  readonly #root: string
  readonly #incoming: string
  readonly #options: ReceiveOptions

  constructor(root: string, incoming: string, options: ReceiveOptions) {
    this.#root = root
    this.#incoming = incoming
    this.#options = options
  }

  async put(bytes: Readable, declared: Upload): Promise<Artifact> {
    // One that breaks off before anybody reads it would otherwise be nobody's error, and end the process; the reader meets it again.
    bytes.on('error', () => undefined)
    const upload = join(this.#incoming, randomUUID())
    await mkdir(upload)
    try {
      const artifact = await this.#receive(upload, bytes, declared)
      await this.#keep(upload, artifact)
      return artifact
    } catch (error) {
      throw ofUpload(error, declared)
    } finally {
      await rm(upload, { recursive: true, force: true })
    }
  }

  async open(digest: string, { start = 0, end = Infinity }: ByteRange = {}): Promise<OpenArtifact> {
    if (start < 0 || end < start) throw new RangeError(`not a range: ${start}-${end}`)
    const file = DIGEST_PATTERN.test(digest) ? await ifThere(open(this.#path(digest))) : null
    if (!file) throw problem('artifact_unknown', `there is no artifact ${digest}`, { field: 'digest', expected: 'one in the store' })
    const { size } = await file.stat()
    return { stream: file.createReadStream({ start, end }), sizeBytes: size }
  }

  async stat(digest: string): Promise<Artifact | null> {
    if (!DIGEST_PATTERN.test(digest)) return null
    const [note, file] = await Promise.all([ifThere(readFile(notePath(this.#path(digest)), 'utf8')), ifThere(stat(this.#path(digest)))])
    return note && file ? { digest, sizeBytes: file.size, entries: (JSON.parse(note) as Note).entries } : null
  }

  async #receive(upload: string, bytes: Readable, declared: Upload): Promise<Artifact> {
    const file = await open(join(upload, TAR), 'wx')
    try {
      return await receive(bytes, file, declared, this.#options)
    } finally {
      await file.close()
    }
  }

  async #keep(upload: string, { digest, entries }: Artifact): Promise<void> {
    const path = this.#path(digest)
    if (!(await this.stat(digest))) {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(join(upload, NOTE), JSON.stringify({ entries } satisfies Note), { flush: true })
      await rename(join(upload, NOTE), notePath(path))
      await rename(join(upload, TAR), path)
    }
    await syncDirectory(dirname(path))
    await syncDirectory(this.#root)
  }

  #path(digest: string): string {
    return join(this.#root, digest.slice(0, 2), digest)
  }
}

/** The same whenever this coordinator opens the store, and no other coordinator's. */
function ownerOf(dataDir: string): string {
  return createHash('sha256').update(`${hostname()}:${resolve(dataDir)}`).digest('hex').slice(0, 16)
}

/** What an artifact's file does not tell by itself. */
type Note = { entries: number }

function notePath(path: string): string {
  return `${path}.json`
}

/** A new name is durable only once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function ifThere<T>(file: Promise<T>): Promise<T | null> {
  try {
    return await file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Names the package in a refusal. A full disk is nobody's package's fault. */
function ofUpload(error: unknown, { field }: Upload): unknown {
  if (error instanceof MusterError) return new MusterError({ ...error.problem, field }, { cause: error })
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') return error
  const message = 'the coordinator’s disk is full'
  return new MusterError({ code: 'unavailable', message, field, expected: 'free space in its data directory' }, { cause: error })
}
