/** Judges a tar while it streams by: its framing (`TarSeams`), its headers (the strict parser), and what it holds (`PackageTree`). */
import { Parser, type ReadEntry } from 'tar'
import { MusterError, problem } from '../errors.ts'
import type { PackageLimits } from './limits.ts'
import { TarSeams } from './tar-seams.ts'
import { PackageTree } from './tree.ts'

export class ArchiveCheck {
  readonly #seams = new TarSeams()
  readonly #tree: PackageTree
  /** Fed with pieces that are decompressed already: whatever else they look like, they are tar. */
  readonly #parser = new Parser({ strict: true, brotli: false, zstd: false })

  constructor(limits: PackageLimits) {
    this.#tree = new PackageTree(limits)
    this.#parser.on('entry', (entry: ReadEntry) => this.#admit(entry))
    this.#parser.on('ignoredEntry', (entry: ReadEntry) => this.#admit(entry))
    this.#parser.on('error', (error: Error) => {
      throw problem('package_invalid', `the archive is damaged: ${error.message}`, { expected: 'headers as tar writes them' })
    })
  }

  /** @throws MusterError at the first entry that a package may not have */
  write(chunk: Buffer): void {
    for (const piece of this.#seams.cut(chunk)) this.#parser.write(piece)
  }

  /** How many entries the archive has. @throws MusterError when it is not whole */
  finish(): number {
    this.#seams.finish()
    const fault = this.#tree.finish()
    if (fault) throw new MusterError(fault)
    return this.#tree.entries
  }

  #admit(entry: ReadEntry): void {
    const fault = this.#tree.admit(entry)
    if (fault) throw new MusterError(fault)
    entry.resume()
  }
}
