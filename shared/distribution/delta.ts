/**
 * The difference between two artifacts, for hosts that hold the first one whole. The streams of the new artifact (layout, then contents: see
 * `manifest.ts`) are told as a sequence of operations over the streams of the old one. Root and parts are pieces.
 */
import { z } from 'zod'
import { DIGEST_PATTERN } from '../digest.ts'
import { pieceSchema } from './piece.ts'
import type { Piece } from './piece.ts'

/** The root. The operations lie in the parts, in their order. */
export type Delta = {
  version: 1
  base: string
  artifact: { digest: string; sizeBytes: number; entries: number }
  layoutBytes: number
  contentBytes: number
  parts: Piece[]
}

export const MAX_PARTS = 65_536

const count = z.number().int().min(0)
const digest = z.string().regex(DIGEST_PATTERN)

export const deltaSchema = z.strictObject({
  version: z.literal(1),
  base: digest,
  artifact: z.strictObject({ digest, sizeBytes: count, entries: count }),
  layoutBytes: count,
  contentBytes: count,
  parts: z.array(pieceSchema).max(MAX_PARTS),
}) satisfies z.ZodType<Delta>
