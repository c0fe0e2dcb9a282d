/** What a package's first bytes say it is: names and endings lie, magic numbers and checksums do not. */
import { Header } from 'tar'
import type { Pax } from 'tar'

export type PackageFormat = 'tar' | 'gzip' | 'zstd'

/** So many bytes of a package decide its format. */
export const HEAD_BYTES = 512
/** For messages: what a package may be. */
export const FORMATS = 'a tar archive: .tar, .tar.gz or .tar.zst'

const GZIP = Buffer.from([0x1f, 0x8b])
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** Null when `head`, the first `HEAD_BYTES` of a package or all of a shorter one, begins no known archive. */
export function formatOf(head: Buffer): PackageFormat | null {
  if (head.subarray(0, GZIP.length).equals(GZIP)) return 'gzip'
  if (head.subarray(0, ZSTD.length).equals(ZSTD)) return 'zstd'
  return readHeader(head) ? 'tar' : null
}

/** Null when `block` is no tar header. `local` and `global` are what the extended headers before it said. */
export function readHeader(block: Buffer, local?: Pax, global?: Pax): Header | null {
  try {
    const header = new Header(block, 0, local, global)
    return header.cksumValid || header.nullBlock ? header : null
  } catch {
    return null
  }
}
