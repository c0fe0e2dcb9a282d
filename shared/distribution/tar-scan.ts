/**
 * Where the parts of a tar lie: its entries' heads (a header and the extended headers before it) and contents. Any bytes at all can be
 * scanned: from where they are no tar on, they are one entry without a head, so that what is made of a scan needs nothing to be right in
 * it.
 */
import { Pax, type Header } from 'tar'
import { readHeader } from '../package/format.ts'
import { range, readAhead } from './read-at.ts'
import type { ReadAt } from './read-at.ts'

export const BLOCK_BYTES = 512
/** Extended headers beyond it become an entry of their own: heads are taken apart in memory. */
export const MAX_HEAD_BYTES = 256 * 1024
/** Two zero blocks end a tar. */
const END_BLOCKS = 2

/**
 * `offset`: of the head, which the content follows. `bodies`: for each header of the head, how many bytes of it follow (of an extended
 * header), in whole blocks.
 */
export type Entry = { path: string; offset: number; bodies: readonly number[]; contentBytes: number }

/** `tailBytes`: of zeros behind the last entry. */
export type Scan = { entries: Entry[]; tailBytes: number }

const EXTENDED: ReadonlySet<string> = new Set(['GlobalExtendedHeader', 'ExtendedHeader', 'OldExtendedHeader'])
const LONG_NAMES: ReadonlySet<string> = new Set(['NextFileHasLongPath', 'OldGnuLongPath'])
const LONG_LINKS = 'NextFileHasLongLinkpath'
const NO_BODY: readonly number[] = [0]

export function headBytesOf(bodies: readonly number[]): number {
  return bodies.reduce((total, body) => total + BLOCK_BYTES + body, 0)
}

/** How much fills the last block of a content; one without a header is not filled up. */
export function paddingOf(headers: number, contentBytes: number): number {
  return headers === 0 ? 0 : toBlocks(contentBytes) - contentBytes
}

function toBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES
}

export async function scanTar(read: ReadAt, sizeBytes: number): Promise<Scan> {
  const scan = new TarScan(readAhead(read, sizeBytes), sizeBytes)
  await scan.run()
  const tailBytes = await scan.zeroTail()
  return { entries: scan.entries, tailBytes }
}

class TarScan {
  readonly entries: Entry[] = []
  readonly #read: ReadAt
  readonly #sizeBytes: number
  /** Behind the last whole part. */
  #at = 0
  #bodies: number[] = []
  #endBlocks = 0
  #local: Pax | undefined
  #global: Pax | undefined
  #longPath: string | null = null

  constructor(read: ReadAt, sizeBytes: number) {
    this.#read = read
    this.#sizeBytes = sizeBytes
  }

  async run(): Promise<void> {
    while (this.#at + BLOCK_BYTES <= this.#sizeBytes && this.#endBlocks < END_BLOCKS) {
      const header = readHeader(await this.#read(this.#at, BLOCK_BYTES), this.#local, this.#global)
      if (header === null || !await this.#take(header)) return
    }
  }

  /** What is left is a tail when it is zeros; otherwise it becomes an entry. */
  async zeroTail(): Promise<number> {
    const end = this.#at - headBytesOf(this.#bodies)
    const tailBytes = this.#sizeBytes - end
    if (await isZero(this.#read, end, tailBytes)) return tailBytes
    this.entries.push({ path: '', offset: end, bodies: [], contentBytes: tailBytes })
    return 0
  }

  async #take(header: Header): Promise<boolean> {
    this.#endBlocks = header.nullBlock ? this.#endBlocks + 1 : 0
    if (header.nullBlock) return this.#addToHead(0)
    const size = header.size ?? 0
    const end = this.#at + BLOCK_BYTES + toBlocks(size)
    if (!Number.isSafeInteger(size) || size < 0 || end > this.#sizeBytes) return false
    if (EXTENDED.has(header.type) || LONG_NAMES.has(header.type) || header.type === LONG_LINKS) return await this.#takeExtension(header.type, size)
    this.#addToHead(0)
    this.#close(this.#longPath ?? header.path ?? '', size)
    this.#at = end
    return true
  }

  async #takeExtension(type: string, size: number): Promise<boolean> {
    if (BLOCK_BYTES + toBlocks(size) > MAX_HEAD_BYTES) return false
    const text = (await this.#read(this.#at + BLOCK_BYTES, size)).toString('utf8')
    if (LONG_NAMES.has(type)) this.#longPath = text.replace(/\0.*$/s, '')
    else if (type === 'GlobalExtendedHeader') this.#global = Pax.parse(text, this.#global, true)
    else if (EXTENDED.has(type)) this.#local = Pax.parse(text, this.#local, false)
    return this.#addToHead(toBlocks(size))
  }

  #addToHead(body: number): boolean {
    if (headBytesOf(this.#bodies) + BLOCK_BYTES + body > MAX_HEAD_BYTES) this.#cutHead()
    this.#bodies.push(body)
    this.#at += BLOCK_BYTES + body
    return true
  }

  /** What the head says of the entry to come goes on being said. */
  #cutHead(): void {
    this.entries.push({ path: '', offset: this.#at - headBytesOf(this.#bodies), bodies: this.#bodies, contentBytes: 0 })
    this.#bodies = []
  }

  #close(path: string, contentBytes: number): void {
    const offset = this.#at - headBytesOf(this.#bodies)
    this.entries.push({ path, offset, bodies: this.#bodies.length === 1 ? NO_BODY : this.#bodies, contentBytes })
    this.#bodies = []
    this.#local = undefined
    this.#longPath = null
  }
}

async function isZero(read: ReadAt, offset: number, length: number): Promise<boolean> {
  for await (const bytes of range(read, offset, length)) if (bytes.some((byte) => byte !== 0)) return false
  return true
}
