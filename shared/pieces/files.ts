/**
 * Pieces on a disk: `<dir>/<first two of the digest>/<digest>`, under a budget of bytes. Owns that nothing lies there under a name that is not its own:
 * what is stored is verified before, what is given out once in a while, since disks err, and a file gets its name only when it is whole. What was used least
 * recently goes first; what is pinned stays.
 */
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DIGEST_PATTERN, sha256 } from '../digest.ts'
import { makeDirectory } from '../directory.ts'
import type { Piece } from '../distribution/piece.ts'
import { Pins } from './pins.ts'
import { Recent } from './recent.ts'

/** `full`: no room on the disk, or none in the budget beside what is pinned. `wrong`: the bytes are not those of the digest. */
export type Stored = 'stored' | 'full' | 'wrong'

/** `checkedAtMs`: when this process has verified its bytes, on the monotonic clock; null: not yet. */
type Entry = { sizeBytes: number; checkedAtMs: number | null; touchedAtMs: number }

const PART = '.part'
const OWNER_ONLY = 0o700
/** How old the time of use on the disk may be: it counts after a restart alone. */
const TOUCH_EVERY_MS = 10 * 60_000
/** To verify a piece for everybody who wants it would cost as much as to give it to him. */
const CHECK_EVERY_MS = 60_000
/** Files looked at at once when it is opened. */
const LOOK_AT_ONCE = 64
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export class PieceFiles {
  readonly #dir: string
  #budgetBytes: number
  /** Those that were used last at the end. */
  readonly #entries = new Map<string, Entry>()
  readonly #pins = new Pins()
  /** Folders that are there. */
  readonly #folders = new Set<string>()
  /** Writes under way. */
  readonly #storing = new Map<string, Promise<Stored>>()
  /** A piece is asked for most right after it has come. */
  readonly #recent = new Recent()
  #usedBytes = 0

  private constructor(dir: string, budgetBytes: number) {
    this.#dir = dir
    this.#budgetBytes = budgetBytes
  }

  /** Takes over what is there; what was not whole goes. @throws the file system's error when the directory cannot be made or read */
  static async open(dir: string, budgetBytes: number): Promise<PieceFiles> {
    await makeDirectory(dir, OWNER_ONLY)
    const files = new PieceFiles(dir, budgetBytes)
    await files.#takeOver()
    await files.#makeRoom(0)
    return files
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get budgetBytes(): number {
    return this.#budgetBytes
  }

  /** Another budget from now on. What is beyond it goes, but for what is pinned. */
  async resize(budgetBytes: number): Promise<void> {
    this.#budgetBytes = budgetBytes
    await this.#makeRoom(0)
  }

  has(digest: string): boolean {
    return this.#entries.has(digest)
  }

  /** All that are here, without an order. */
  digests(): Iterable<string> {
    return this.#entries.keys()
  }

  /** In place of what this owner has pinned before; they need not be here yet. */
  pin(owner: string, digests: Iterable<string>): void {
    this.#pins.pin(owner, digests)
  }

  unpin(owner: string): void {
    this.#pins.unpin(owner)
  }

  /** Null: it is not here, or was not what its name says and is gone now. */
  async read(digest: string): Promise<Buffer | null> {
    const entry = this.#entries.get(digest)
    if (entry === undefined) return null
    this.#use(digest, entry)
    const recent = this.#recent.get(digest)
    if (recent !== null) return recent
    const bytes = await readFile(this.#fileOf(digest)).catch(() => null)
    if (bytes !== null && bytes.length === entry.sizeBytes && isRight(entry, bytes, digest)) return bytes
    if (this.#entries.get(digest) === entry) await this.remove(digest)
    return null
  }

  /** Whoever stores the same piece at the same time waits for the same write. Never throws for a full disk. @throws the file system's other errors */
  async store({ digest, sizeBytes }: Piece, bytes: Buffer): Promise<Stored> {
    if (this.#entries.has(digest)) return 'stored'
    if (bytes.length !== sizeBytes || sha256(bytes) !== digest) return 'wrong'
    const before = this.#storing.get(digest)
    if (before !== undefined) return await before
    const storing = this.#write(digest, bytes)
    this.#storing.set(digest, storing)
    return await storing.finally(() => this.#storing.delete(digest))
  }

  async remove(digest: string): Promise<void> {
    const entry = this.#entries.get(digest)
    if (entry === undefined) return
    this.#entries.delete(digest)
    this.#recent.drop(digest)
    this.#usedBytes -= entry.sizeBytes
    await rm(this.#fileOf(digest), { force: true }).catch(() => undefined)
  }

  async #write(digest: string, bytes: Buffer): Promise<Stored> {
    // counted before it is there, so that those that are written at the same time do not share the same room
    this.#usedBytes += bytes.length
    try {
      if (!await this.#makeRoom(0) || !await this.#place(digest, bytes)) {
        this.#usedBytes -= bytes.length
        return 'full'
      }
    } catch (error) {
      this.#usedBytes -= bytes.length
      throw error
    }
    this.#recent.add(digest, bytes)
    this.#entries.set(digest, { sizeBytes: bytes.length, checkedAtMs: performance.now(), touchedAtMs: Date.now() })
    return 'stored'
  }

  /** False: there is no room on the disk, also when others have made some. */
  async #place(digest: string, bytes: Uint8Array): Promise<boolean> {
    const file = this.#fileOf(digest)
    for (const isLast of [false, true]) {
      try {
        await this.#makeFolder(dirname(file))
        await writeFile(`${file}${PART}`, bytes, { mode: 0o600 })
        await rename(`${file}${PART}`, file)
        return true
      } catch (error) {
        await rm(`${file}${PART}`, { force: true }).catch(() => undefined)
        if (!NO_ROOM.has((error as NodeJS.ErrnoException).code ?? '')) throw error
        // the disk is smaller than the budget, or others use it as well
        if (isLast || !await this.#makeRoom(this.#budgetBytes - this.#usedBytes + bytes.length)) return false
      }
    }
    return false
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return
    await makeDirectory(folder, OWNER_ONLY)
    this.#folders.add(folder)
  }

  /** Until `spareBytes` of the budget are free. False: what is pinned takes too much. */
  async #makeRoom(spareBytes: number): Promise<boolean> {
    for (const [digest] of this.#entries) {
      if (this.#usedBytes + spareBytes <= this.#budgetBytes) break
      if (!this.#pins.has(digest)) await this.remove(digest)
    }
    return this.#usedBytes + spareBytes <= this.#budgetBytes
  }

  #use(digest: string, entry: Entry): void {
    this.#entries.delete(digest)
    this.#entries.set(digest, entry)
    const now = Date.now()
    if (Math.abs(now - entry.touchedAtMs) < TOUCH_EVERY_MS) return
    entry.touchedAtMs = now
    void utimes(this.#fileOf(digest), now / 1000, now / 1000).catch(() => undefined)
  }

  async #takeOver(): Promise<void> {
    const found: { digest: string; entry: Entry }[] = []
    for (const folder of await readdir(this.#dir, { withFileTypes: true })) {
      if (!folder.isDirectory() || !/^[0-9a-f]{2}$/.test(folder.name)) continue
      const names = await readdir(join(this.#dir, folder.name))
      for (let at = 0; at < names.length; at += LOOK_AT_ONCE) {
        const looked = await Promise.all(names.slice(at, at + LOOK_AT_ONCE).map((name) => this.#look(folder.name, name)))
        found.push(...looked.filter((one) => one !== null))
      }
    }
    for (const { digest, entry } of found.sort((a, b) => a.entry.touchedAtMs - b.entry.touchedAtMs)) {
      this.#entries.set(digest, entry)
      this.#usedBytes += entry.sizeBytes
    }
  }

  /** Null: it is none of ours, or not whole. */
  async #look(folder: string, name: string): Promise<{ digest: string; entry: Entry } | null> {
    const path = join(this.#dir, folder, name)
    if (name.endsWith(PART)) await rm(path, { force: true })
    if (!DIGEST_PATTERN.test(name) || !name.startsWith(folder)) return null
    const { size, mtimeMs } = await stat(path)
    return { digest: name, entry: { sizeBytes: size, checkedAtMs: null, touchedAtMs: mtimeMs } }
  }

  #fileOf(digest: string): string {
    return join(this.#dir, digest.slice(0, 2), digest)
  }
}

function isRight(entry: Entry, bytes: Uint8Array, digest: string): boolean {
  const now = performance.now()
  if (entry.checkedAtMs !== null && now - entry.checkedAtMs < CHECK_EVERY_MS) return true
  if (sha256(bytes) !== digest) return false
  entry.checkedAtMs = now
  return true
}
