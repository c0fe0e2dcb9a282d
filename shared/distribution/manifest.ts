/**
 * What an artifact consists of. Its tar is taken apart into two streams, the layout (all that is not content of files: headers, their order, padding)
 * and the contents (the bytes of files, in the order of their paths); both are cut into content-defined chunks, layout first, and runs of chunks lie in
 * packs. Root and pages are pieces: zstd over JSON, so that a manifest can be fetched, kept and passed on like everything else.
 */
import { z } from 'zod'
import { DIGEST_PATTERN } from '../digest.ts'
import { pieceSchema } from './piece.ts'
import type { Piece } from './piece.ts'

/** The unit of identity: SHA-256 and size of the uncompressed bytes. */
export type Chunk = { digest: string; sizeBytes: number }

/** The unit of storage and transfer: a run of chunks, compressed together with zstd. */
export type Pack = Piece & { chunks: Chunk[] }

/**
 * The root. `artifact` is what the pieces amount to. `layoutBytes` and `contentBytes`: of both streams, uncompressed. `packs`: how many there are in
 * all pages, in the order of the streams; `packBytes`: as they travel.
 */
export type Manifest = {
  version: 1
  artifact: { digest: string; sizeBytes: number; entries: number }
  layoutBytes: number
  contentBytes: number
  packs: number
  packBytes: number
  pages: Piece[]
}

export type ManifestPage = { packs: Pack[] }

/** An artifact of 16 GiB has about 260,000 chunks. */
export const MAX_PAGES = 1024
export const MAX_CHUNKS_PER_PAGE = 4096
export const MAX_PACKS = 65_536

const count = z.number().int().min(0)
const digest = z.string().regex(DIGEST_PATTERN)
const chunkSchema = z.strictObject({ digest, sizeBytes: count.min(1) })

export const manifestSchema = z.strictObject({
  version: z.literal(1),
  artifact: z.strictObject({ digest, sizeBytes: count, entries: count }),
  layoutBytes: count,
  contentBytes: count,
  packs: count.max(MAX_PACKS),
  packBytes: count,
  pages: z.array(pieceSchema).max(MAX_PAGES),
}) satisfies z.ZodType<Manifest>

export const manifestPageSchema = z.strictObject({
  packs: z.array(pieceSchema.extend({ chunks: z.array(chunkSchema).min(1) })),
}) satisfies z.ZodType<ManifestPage>
