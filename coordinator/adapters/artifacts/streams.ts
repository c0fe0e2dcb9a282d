/** The streams of an artifact that is kept, from any place: packs are fetched and decompressed when something in them is read, and a few are held. */
import { decodeManifest, decodePage, packsOf, rawBytesOf } from '../../../shared/distribution/manifest-codec.ts'
import type { Chunk, Manifest, Pack } from '../../../shared/distribution/manifest.ts'
import { decodePack } from '../../../shared/distribution/pack.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'
import type { ReadAt } from '../../../shared/distribution/read-at.ts'
import type { Streams } from '../../../shared/distribution/rejoin.ts'
import { sha256 } from '../../../shared/digest.ts'
import { problem } from '../../../shared/errors.ts'
import type { ObjectStore } from './objects/object-store.ts'
import { pieceKey } from './records.ts'
import { several } from './several.ts'

/** Of decompressed packs, for each artifact that is being read. A tar in another order than that of its paths jumps about in them. */
const HELD_BYTES = 64 * 1024 * 1024
/** Packs fetched before they are wanted, where reads go forward. */
const AHEAD = 4

/** `chunks`: all of them, in the order of the stream. */
export type OpenStreams = Streams & { manifest: Manifest; chunks: Chunk[] }

/** @throws MusterError artifact_unknown, piece_invalid, unavailable */
export async function openStreams(objects: ObjectStore, root: Piece): Promise<OpenStreams> {
  const manifest = await decodeManifest(await bytesOf(objects, root))
  const pages = await several(manifest.pages, async (page) => decodePage(await bytesOf(objects, page)))
  const packs = packsOf(manifest, pages)
  const { layoutBytes, contentBytes } = manifest
  return { manifest, layoutBytes, contentBytes, chunks: packs.flatMap(({ chunks }) => chunks), read: readPacks(packs, (pack) => bytesOf(objects, pack)) }
}

/** The bytes of a piece that has to be there, and what its name says. @throws MusterError artifact_unknown */
export async function bytesOf(objects: ObjectStore, { digest }: Piece): Promise<Buffer> {
  const bytes = await objects.get(pieceKey(digest))
  if (bytes !== null && sha256(bytes) === digest) return bytes
  const what = bytes === null ? 'is missing' : 'is not what it was'
  throw problem('artifact_unknown', `the piece ${digest} ${what} in the store`, { expected: 'the same package, sent once more: that mends it' })
}

/** Decompressed packs by their numbers, the latest used last. */
class HeldPacks {
  readonly #packs: readonly Pack[]
  readonly #fetch: (pack: Pack) => Promise<Buffer>
  readonly #held = new Map<number, Promise<Buffer>>()
  #heldBytes = 0

  constructor(packs: readonly Pack[], fetch: (pack: Pack) => Promise<Buffer>) {
    this.#packs = packs
    this.#fetch = fetch
  }

  open(n: number): Promise<Buffer> {
    const raw = this.#held.get(n) ?? this.#begin(n)
    this.#held.delete(n)
    this.#held.set(n, raw)
    return raw
  }

  /** Has it come while somebody is still busy with an earlier one; trouble with it is for whoever opens it. */
  expect(n: number): void {
    if (n < this.#packs.length && !this.#held.has(n)) this.open(n).catch(() => undefined)
  }

  #begin(n: number): Promise<Buffer> {
    const pack = this.#packs[n]!
    this.#heldBytes += rawBytesOf(pack)
    for (const eldest of this.#held.keys()) {
      if (this.#heldBytes <= HELD_BYTES) break
      this.#held.delete(eldest)
      this.#heldBytes -= rawBytesOf(this.#packs[eldest]!)
    }
    return this.#fetch(pack).then((packed) => decodePack(pack, packed))
  }
}

function readPacks(packs: readonly Pack[], fetch: (pack: Pack) => Promise<Buffer>): ReadAt {
  const starts = [0]
  for (const pack of packs) starts.push(starts.at(-1)! + rawBytesOf(pack))
  const held = new HeldPacks(packs, fetch)
  let last = -1
  return async (offset, length) => {
    const parts: Buffer[] = []
    let n = packAt(starts, offset)
    for (let done = 0; done < length; n++) {
      if (n >= packs.length) throw new RangeError(`the streams end before byte ${offset + length}`)
      if (n === last + 1) for (let ahead = 1; ahead <= AHEAD; ahead++) held.expect(n + ahead)
      last = n
      const from = offset + done - starts[n]!
      parts.push((await held.open(n)).subarray(from, from + length - done))
      done += parts.at(-1)!.length
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }
}

/** The last that starts at or before `offset`. */
function packAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle
  }
  return low
}
