/**
 * A stream that is written while its packs come in, each to its place: when the last one is here little is left to do, and what it cost fell into a time in
 * which the host waited for the network anyhow.
 */
import type { FileHandle } from 'node:fs/promises'
import type { ManifestPieces } from './numbered.ts'
import type { Room } from './room.ts'

/** What comes while so many wait to be written is read from the disk afterwards: a fast network fills no memory. */
const MAX_WAITING = 8

export class GrowingStream {
  readonly #handle: FileHandle
  readonly #pieces: ManifestPieces
  readonly #room: Pick<Room, 'read' | 'unpack'>
  readonly #written = new Set<number>()
  #waiting = 0
  #writing: Promise<void> = Promise.resolve()

  constructor(handle: FileHandle, pieces: ManifestPieces, room: Pick<Room, 'read' | 'unpack'>) {
    this.#handle = handle
    this.#pieces = pieces
    this.#room = room
  }

  /** A piece is here: nobody has to wait until it is written, too. */
  came(index: number, bytes: Buffer): void {
    if (this.#waiting >= MAX_WAITING || this.#pieces.placeOf(index) === null) return
    this.#waiting += 1
    const writing = this.#writing.then(() => this.#write(index, bytes)).finally(() => (this.#waiting -= 1))
    // what fails here is met again in `complete`
    this.#writing = writing.catch(() => undefined)
  }

  /** All packs are known and here. Rejects with a PackLostError when one is not any more, and with what keeps the file from being written. */
  async complete(signal: AbortSignal): Promise<void> {
    await this.#writing
    const { pages, packs } = this.#pieces.manifest
    for (let index = pages.length; index < pages.length + packs; index += 1) {
      signal.throwIfAborted()
      if (!this.#written.has(index)) await this.#write(index, await this.#room.read(this.#pieces.at(index)!.digest))
    }
  }

  async #write(index: number, packed: Buffer | null): Promise<void> {
    const { offsetBytes, sizeBytes } = this.#pieces.placeOf(index)!
    const bytes = await this.#room.unpack(this.#pieces.at(index)!.digest, packed, sizeBytes)
    for (let done = 0; done < bytes.length;) {
      done += (await this.#handle.write(bytes, done, bytes.length - done, offsetBytes + done)).bytesWritten
    }
    this.#written.add(index)
  }
}
