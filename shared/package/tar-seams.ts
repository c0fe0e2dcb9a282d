/**
 * Cuts a tar at its seams while it streams by: each piece is one header, one whole extended header, or content. Node-tar's parser is
 * to be fed by such pieces alone: it decodes extended headers chunk by chunk, so that a chunk which ends inside a multi-byte
 * character makes it silently take a truncated path. What only the framing shows is refused here: no tar, cut short, bytes after the end.
 */
import { Pax, type Header } from 'tar'
import { problem, type MusterError } from '../errors.ts'
import { quote } from './entry.ts'
import { FORMATS, formatOf, readHeader } from './format.ts'

const BLOCK_BYTES = 512
/** Two of them end an archive. */
const END_BLOCKS = 2
/** Of one extended header: it is held in memory. */
export const MAX_EXTENDED_HEADER_BYTES = 64 * 1024

/** By the tar library's names: what says something of the entries after it, and is none itself. */
const EXTENSIONS: ReadonlySet<string> = new Set([
  'GlobalExtendedHeader', 'ExtendedHeader', 'OldExtendedHeader', 'NextFileHasLongPath', 'NextFileHasLongLinkpath', 'OldGnuLongPath',
])

type Part = 'header' | 'extended' | 'content' | 'end'

export class TarSeams {
  #part: Part = 'header'
  /** Bytes until this part is whole. */
  #left = BLOCK_BYTES
  /** What has come of a part that is handed on whole. */
  #held: Buffer[] = []
  #extension: { type: string; size: number } | null = null
  #local: Pax | undefined
  #global: Pax | undefined
  #endBlocks = 0
  #started = false
  /** For messages: the last entry that was read. */
  #last: string | null = null

  /** After the last chunk. @throws MusterError when the archive did not end before its bytes did */
  finish(): void {
    if (this.#part === 'end') return
    if (!this.#started) throw notATar()
    throw problem('package_invalid', `the archive is cut short ${this.#where()}`, { expected: 'a whole archive, with its end mark' })
  }

  /** The pieces that `chunk` completes; what it does not complete is held, at most `MAX_EXTENDED_HEADER_BYTES`. @throws MusterError */
  *cut(chunk: Buffer): Generator<Buffer> {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#part === 'end') return refuseAfterEnd(rest)
      const part = rest.subarray(0, this.#left)
      rest = rest.subarray(part.length)
      this.#left -= part.length
      if (this.#part === 'content') yield part
      else this.#held.push(part)
      if (this.#left === 0) yield* this.#complete()
    }
  }

  *#complete(): Generator<Buffer> {
    const piece = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held)
    this.#held = []
    switch (this.#part) {
      case 'header':
        this.#readHeader(piece)
        break
      case 'extended':
        this.#readExtension(piece)
        break
      case 'content': case 'end':
        this.#expect('header', BLOCK_BYTES)
        return
      default: this.#part satisfies never
    }
    yield piece
  }

  #expect(part: Part, bytes: number): void {
    this.#part = bytes === 0 ? 'header' : part
    this.#left = bytes === 0 ? BLOCK_BYTES : bytes
  }

  #readHeader(block: Buffer): void {
    if (!this.#started) refuseUnlessTar(block)
    this.#started = true
    const header = readHeader(block, this.#local, this.#global)
    if (!header) throw this.#damaged('its next header is not one')
    this.#endBlocks = header.nullBlock ? this.#endBlocks + 1 : 0
    if (this.#endBlocks === END_BLOCKS) this.#part = 'end'
    else if (header.nullBlock) this.#expect('header', BLOCK_BYTES)
    else this.#readEntry(header)
  }

  #readEntry(header: Header): void {
    const size = header.size ?? 0
    if (!Number.isSafeInteger(size)) throw this.#damaged('its next header has no valid size')
    const paddedBytes = Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
    if (!EXTENSIONS.has(header.type)) {
      this.#local = undefined
      this.#last = header.path ?? ''
      return this.#expect('content', paddedBytes)
    }
    if (size > MAX_EXTENDED_HEADER_BYTES) throw this.#damaged(`its next extended header has more than ${MAX_EXTENDED_HEADER_BYTES} bytes`)
    this.#extension = { type: header.type, size }
    this.#expect('extended', paddedBytes)
  }

  #readExtension(piece: Buffer): void {
    const { type, size } = this.#extension!
    const text = piece.subarray(0, size).toString()
    if (namesAreLost(type, text)) throw this.#damaged('its next name has a line break, a NUL or bytes that are not UTF-8')
    if (type === 'GlobalExtendedHeader') this.#global = Pax.parse(text, this.#global, true)
    else if (type === 'ExtendedHeader' || type === 'OldExtendedHeader') this.#local = Pax.parse(text, this.#local, false)
    this.#expect('header', BLOCK_BYTES)
  }

  #where(): string {
    return this.#last === null ? 'at its beginning' : `after entry ${quote(this.#last)}`
  }

  #damaged(what: string): MusterError {
    return problem('package_invalid', `the archive is damaged ${this.#where()}: ${what}`, { expected: FORMATS })
  }
}

/** Node-tar drops what it cannot read of an extended header and goes on under another name. */
function namesAreLost(type: string, text: string): boolean {
  if (!type.endsWith('ExtendedHeader')) return /\0[^\0]/.test(text) || text.includes('\ufffd')
  const read = Pax.parse(text)
  return [...text.matchAll(/(?:^|\n)(\d+) (path|linkpath)=/g)].some(([, length, key]) =>
    Buffer.byteLength(`${length} ${key}=${read[key as 'path' | 'linkpath'] ?? ''}\n`) !== Number(length))
}

function refuseUnlessTar(block: Buffer): void {
  const format = formatOf(block)
  if (format === null) throw notATar()
  if (format !== 'tar') throw problem('package_invalid', 'the package is compressed twice', { expected: FORMATS })
}

function notATar(): MusterError {
  return problem('package_invalid', 'the package is not a tar archive', { expected: FORMATS })
}

function refuseAfterEnd(rest: Buffer): void {
  if (isZero(rest)) return
  throw problem('package_invalid', 'the archive has bytes after its end', { expected: 'one archive and nothing behind it' })
}

/** Archives are padded with zeros, to 10 KiB by habit. */
function isZero(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}
