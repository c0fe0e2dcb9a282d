/**
 * Uploads in stretches, as files: `<id>/declared` says what is to come, `<id>/bytes` is what has come, `<id>/artifact` what it has become. All that is known of
 * one lies there, so that it survives a coordinator, and may be gone on with at another one that has the same directory. Within one coordinator there is one
 * writer at a time; what two of them on different ones could mix up does not match the declared digest, and is refused.
 */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Artifact } from '../../../shared/command.ts'
import { syncDirectory } from '../../../shared/directory.ts'
import { MusterError, problem } from '../../../shared/errors.ts'
import type { ArtifactStore } from '../../engine/ports/artifacts.ts'
import type { DeclaredUpload, Uploads, UploadState } from '../../engine/ports/uploads.ts'
import { ifThere, ofDisk } from './objects/file-objects.ts'
import { tooLarge } from './sent.ts'

/** Under way at once; each may take as much room as a package may have. Those that have become artifacts take none. */
export const MAX_UPLOADS = 64
/** One to which nothing was added for so long is given up. */
export const UPLOAD_KEPT_MS = 24 * 3_600_000

const ID_PATTERN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const DECLARED = 'declared'
const BYTES = 'bytes'
const ARTIFACT = 'artifact'

export type UploadOptions = { maxPackedBytes: number; stallMs: number; clock: () => number }

type Taking = Pick<ArtifactStore, 'put'>

/** Whoever adds to an upload right now. `stop` is null once all has come and it is being taken in, which is not to be broken off. */
type Writer = { stop: (() => void) | null; work: Promise<unknown> }

export async function openUploads(directory: string, store: Taking, options: UploadOptions): Promise<SpooledUploads> {
  await mkdir(directory, { recursive: true })
  const uploads = new SpooledUploads(directory, store, options)
  await uploads.expire()
  return uploads
}

export class SpooledUploads implements Uploads {
  readonly #directory: string
  readonly #store: Taking
  readonly #options: UploadOptions
  readonly #writers = new Map<string, Writer>()

  constructor(directory: string, store: Taking, options: UploadOptions) {
    this.#directory = directory
    this.#store = store
    this.#options = options
  }

  async create(upload: DeclaredUpload): Promise<string> {
    if (upload.sizeBytes > this.#options.maxPackedBytes) throw named(tooLarge(this.#options.maxPackedBytes), upload)
    if ((await this.expire()) >= MAX_UPLOADS) {
      throw problem('too_many_requests', `${MAX_UPLOADS} uploads are under way already`, { expected: 'one of them to end, or to be cancelled' })
    }
    const id = randomUUID()
    const unnamed = join(this.#directory, `.${id}`)
    try {
      await mkdir(unnamed)
      await writeFile(join(unnamed, BYTES), '')
      await writeFile(join(unnamed, DECLARED), JSON.stringify(upload), { flush: true })
      await rename(unnamed, join(this.#directory, id))
      await syncDirectory(this.#directory)
      return id
    } catch (error) {
      await rm(unnamed, { recursive: true, force: true })
      throw ofDisk(error)
    }
  }

  async state(id: string): Promise<UploadState | null> {
    await this.#cutOff(id)
    return (await this.#read(id))?.state ?? null
  }

  async append(id: string, offsetBytes: number, bytes: Readable): Promise<UploadState> {
    // One that breaks off before anybody reads it would otherwise be nobody's error, and end the process; the reader meets it again.
    bytes.on('error', () => undefined)
    while (this.#writers.has(id)) await this.#cutOff(id)
    const writer: Writer = { stop: () => bytes.destroy(problem('upload_offset', 'somebody else goes on with this upload')), work: Promise.resolve() }
    const work = this.#append(id, offsetBytes, bytes, writer)
    writer.work = work
    this.#writers.set(id, writer)
    try {
      return await work
    } catch (error) {
      throw ofDisk(error)
    } finally {
      if (this.#writers.get(id) === writer) this.#writers.delete(id)
    }
  }

  async cancel(id: string): Promise<void> {
    await this.#cutOff(id)
    if (ID_PATTERN.test(id)) await rm(join(this.#directory, id), { recursive: true, force: true })
  }

  /** Forgets those that nobody goes on with. @returns how many are still under way */
  async expire(): Promise<number> {
    let underWay = 0
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name)
      const [upload, bytes] = await Promise.all([path, join(path, BYTES)].map((each) => ifThere(stat(each))))
      const latestMs = Math.max(upload?.mtimeMs ?? 0, bytes?.mtimeMs ?? 0)
      if (!this.#writers.has(name) && this.#options.clock() - latestMs > UPLOAD_KEPT_MS) await rm(path, { recursive: true, force: true })
      else if (bytes) underWay++
    }
    return underWay
  }

  /** Whose connection was lost comes again before its end is noticed here; nothing is written by two at once. */
  async #cutOff(id: string): Promise<void> {
    for (let writer = this.#writers.get(id); writer !== undefined; writer = this.#writers.get(id)) {
      writer.stop?.()
      await writer.work.catch(() => undefined)
      if (this.#writers.get(id) === writer) this.#writers.delete(id)
    }
  }

  async #append(id: string, offsetBytes: number, bytes: Readable, writer: Writer): Promise<UploadState> {
    const found = await this.#read(id)
    if (found === null) throw problem('upload_unknown', 'there is no such upload, or it has expired', { expected: 'a new one, from the beginning' })
    const { upload, state } = found
    if (offsetBytes !== state.offsetBytes) {
      const expected = `Upload-Offset: ${state.offsetBytes}`
      throw problem('upload_offset', `${state.offsetBytes} bytes are here, not ${offsetBytes}`, { field: 'Upload-Offset', expected })
    }
    if (state.artifact !== null) return state
    const path = join(this.#directory, id)
    const offset = await this.#write(join(path, BYTES), offsetBytes, bytes, upload)
    if (offset < upload.sizeBytes) return { ...state, offsetBytes: offset }
    writer.stop = null
    const artifact = await this.#takeIn(path, upload)
    return { offsetBytes: upload.sizeBytes, sizeBytes: upload.sizeBytes, artifact }
  }

  /** What has come before something breaks stays. @returns how much is there now */
  async #write(path: string, offsetBytes: number, bytes: Readable, upload: DeclaredUpload): Promise<number> {
    const { stallMs } = this.#options
    const expected = `a byte at least every ${stallMs / 1000} s`
    const file = await open(path, 'r+')
    const stall = setTimeout(() => bytes.destroy(problem('package_invalid', 'the upload stalled', { expected })), stallMs)
    let at = offsetBytes
    try {
      for await (const chunk of bytes as AsyncIterable<Buffer>) {
        stall.refresh()
        if (at + chunk.length > upload.sizeBytes) {
          const { field, sizeBytes } = upload
          throw problem('package_invalid', `more than the ${sizeBytes} bytes that were declared`, { field, expected: 'as many as declared' })
        }
        at = await writeAll(file, chunk, at)
      }
      return at
    } finally {
      clearTimeout(stall)
      try {
        await file.sync()
      } finally {
        await file.close()
      }
    }
  }

  /** What is refused for good is gone; what only could not be kept now may be tried again. */
  async #takeIn(path: string, upload: DeclaredUpload): Promise<Artifact> {
    const bytes = createReadStream(join(path, BYTES))
    try {
      const artifact = await this.#store.put(bytes, upload)
      await writeFile(join(path, ARTIFACT), JSON.stringify(artifact), { flush: true })
      await rm(join(path, BYTES), { force: true })
      return artifact
    } catch (error) {
      if (error instanceof MusterError && error.kind !== 'unavailable') await rm(path, { recursive: true, force: true })
      throw error
    } finally {
      // the store leaves one open that it refuses half read
      bytes.destroy()
    }
  }

  async #read(id: string): Promise<{ upload: DeclaredUpload; state: UploadState } | null> {
    if (!ID_PATTERN.test(id)) return null
    const path = join(this.#directory, id)
    const declared = await ifThere(readFile(join(path, DECLARED), 'utf8'))
    if (declared === null) return null
    const upload = JSON.parse(declared) as DeclaredUpload
    const { sizeBytes } = upload
    const artifact = await ifThere(readFile(join(path, ARTIFACT), 'utf8'))
    if (artifact !== null) return { upload, state: { offsetBytes: sizeBytes, sizeBytes, artifact: JSON.parse(artifact) as Artifact } }
    const bytes = await ifThere(stat(join(path, BYTES)))
    return bytes === null ? null : { upload, state: { offsetBytes: bytes.size, sizeBytes, artifact: null } }
  }
}

/** A disk that fills up takes a part of what it is given; no hole may come of that. @returns where they end */
async function writeAll(file: FileHandle, bytes: Buffer, offset: number): Promise<number> {
  for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
  return offset + bytes.length
}

function named(error: MusterError, { field }: DeclaredUpload): MusterError {
  return new MusterError({ ...error.problem, field })
}
