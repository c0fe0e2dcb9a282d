/** The tar inside an upload: counted, hashed and checked, each chunk before it is let through to the disk. */
import { createHash } from 'node:crypto'
import type { Artifact } from '../command.ts'
import { problem } from '../errors.ts'
import { formatBytes } from './bytes.ts'
import type { PackageLimits } from './limits.ts'
import { ArchiveCheck } from './archive-check.ts'

export class Unpacked {
  #bytes = 0
  #entries = 0
  readonly #hash = createHash('sha256')
  readonly #check: ArchiveCheck
  readonly #limits: PackageLimits

  constructor(limits: PackageLimits) {
    this.#limits = limits
    this.#check = new ArchiveCheck(limits)
  }

  /** `sent` tells how many bytes have come in so far, which is what an expansion is measured against. @throws MusterError */
  async *through(chunks: AsyncIterable<Buffer>, sent: { bytes: number }): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#bytes += chunk.length
      this.#judgeSize(sent.bytes)
      this.#check.write(chunk)
      this.#hash.update(chunk)
      yield chunk
    }
    this.#entries = this.#check.finish()
  }

  /** After the end. */
  artifact(): Artifact {
    return { digest: this.#hash.digest('hex'), sizeBytes: this.#bytes, entries: this.#entries }
  }

  #judgeSize(sentBytes: number): void {
    const { maxUnpackedBytes, maxExpansion, freeExpansionBytes } = this.#limits
    if (this.#bytes > maxUnpackedBytes) {
      throw problem('package_too_large', 'the package unpacks to too much', { expected: `at most ${formatBytes(maxUnpackedBytes)} unpacked` })
    }
    if (this.#bytes > freeExpansionBytes && this.#bytes > sentBytes * maxExpansion) {
      const expected = `at most ${maxExpansion} bytes for each byte sent; what is honestly so repetitive may be sent uncompressed`
      throw problem('package_too_large', `the package unpacks to more than ${maxExpansion} times its size`, { expected })
    }
  }
}
