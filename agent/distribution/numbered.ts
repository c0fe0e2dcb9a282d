/** The pieces of a swarm by their numbers: those of a manifest are its pages, then the packs that these name; those of a delta are its parts. */
import type { Delta } from '../../shared/distribution/delta.ts'
import { decodePage, packsOf, rawBytesOf } from '../../shared/distribution/manifest-codec.ts'
import type { Manifest, ManifestPage, Pack } from '../../shared/distribution/manifest.ts'
import type { Piece } from '../../shared/distribution/piece.ts'

export type Numbered = {
  readonly count: number
  /** Null: its digest is not known yet. */
  at(index: number): Piece | null
  /** The numbers of all whose digests are known. */
  known(): number[]
  /** Takes what a piece says of others. Answers the numbers of those that are known now. Rejects when it says what cannot be. */
  learn(index: number, bytes: Buffer): Promise<number[]>
}

/** Uncompressed. */
export type Place = { offsetBytes: number; sizeBytes: number }

export function partsOf({ parts }: Delta): Numbered {
  return { count: parts.length, at: (index) => parts[index] ?? null, known: () => [...parts.keys()], learn: () => Promise.resolve([]) }
}

export class ManifestPieces implements Numbered {
  readonly manifest: Manifest
  readonly #pages: (ManifestPage | null)[]
  /** In their order, as far as the pages are here without a gap. */
  readonly #packs: Pack[] = []
  /** Where each of them begins in the stream, and where the last one ends. */
  readonly #offsets = [0]
  #readPages = 0

  constructor(manifest: Manifest) {
    this.manifest = manifest
    this.#pages = manifest.pages.map(() => null)
  }

  get count(): number {
    return this.manifest.pages.length + this.manifest.packs
  }

  at(index: number): Piece | null {
    const { pages } = this.manifest
    return pages[index] ?? this.#packs[index - pages.length] ?? null
  }

  known(): number[] {
    return Array.from({ length: this.#pages.length + this.#packs.length }, (_, index) => index)
  }

  async learn(index: number, bytes: Buffer): Promise<number[]> {
    if (index >= this.#pages.length) return []
    this.#pages[index] = await decodePage(bytes)
    const before = this.#packs.length
    for (let page = this.#pages[this.#readPages]; page; page = this.#pages[this.#readPages]) {
      for (const pack of page.packs) {
        this.#packs.push(pack)
        this.#offsets.push(this.#offsets.at(-1)! + rawBytesOf(pack))
      }
      this.#readPages += 1
    }
    if (this.#readPages === this.#pages.length) this.packs()
    return Array.from({ length: this.#packs.length - before }, (_, at) => this.#pages.length + before + at)
  }

  /** Where the pack of that number lies in the stream. Null: it is a page, or not known yet. */
  placeOf(index: number): Place | null {
    const at = index - this.#pages.length
    const pack = this.#packs[at]
    return pack === undefined ? null : { offsetBytes: this.#offsets[at]!, sizeBytes: this.#offsets[at + 1]! - this.#offsets[at]! }
  }

  /** All of them, in their order, when all pages are here. @throws MusterError when they are not what the root says */
  packs(): Pack[] {
    return packsOf(this.manifest, this.#pages.filter((page) => page !== null))
  }
}
