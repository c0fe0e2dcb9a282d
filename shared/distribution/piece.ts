/**
 * A piece: bytes that travel and are kept whole, named by the SHA-256 of just these bytes. Roots and pages of manifests, packs, and the parts of
 * deltas are pieces, so that whoever keeps, passes on or fetches them needs to know no more of them.
 */
import { z } from 'zod'
import { DIGEST_PATTERN } from '../digest.ts'

export type Piece = { digest: string; sizeBytes: number }

/** Nothing larger is made, kept, asked for or believed. */
export const PIECE_MAX_BYTES = 5 * 1024 * 1024

export const pieceSchema = z.strictObject({
  digest: z.string().regex(DIGEST_PATTERN, 'expected a SHA-256 in lower-case hex'),
  sizeBytes: z.number().int().min(1).max(PIECE_MAX_BYTES),
})
