/** Lists come in pages: `limit` rows, and the `next` of one page is the `cursor` of the following. */
import { z } from 'zod'

export const MAX_PAGE = 1000
export const DEFAULT_PAGE = 100

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().max(200).optional().describe('`next` of the page before'),
})
