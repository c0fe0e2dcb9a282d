/** Lists come in pages: `limit` rows, and the `next` of one page is the `cursor` of the following. */
import { z } from 'zod'
import { problem } from '../../../shared/errors.ts'

export const MAX_PAGE = 1000
export const DEFAULT_PAGE = 100

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().max(200).optional().describe('`next` of the page before'),
})

/**
 * One page of a list that is at hand whole, and from which nothing is ever taken; its cursor is the key of the last row of the page before.
 * @throws MusterError body_invalid for a cursor that no page gave
 */
export function pageOf<Row>(rows: readonly Row[], keyOf: (row: Row) => string, query: z.output<typeof pageQuery>): { rows: Row[]; next: string | null } {
  const { cursor, limit } = query
  const last = cursor === undefined ? -1 : rows.findIndex((row) => keyOf(row) === cursor)
  if (cursor !== undefined && last < 0) {
    throw problem('body_invalid', `'${cursor}' is not a cursor`, { field: 'cursor', expected: 'the `next` of the page before' })
  }
  const page = rows.slice(last + 1, last + 1 + limit)
  const end = page.at(-1)
  return { rows: page, next: end === undefined || last + 1 + page.length === rows.length ? null : keyOf(end) }
}

/** One page of a list in the order of its names, from which rows may be taken at any time; its cursor is the last name of the page before. */
export function pageByName<Row extends { name: string }>(rows: readonly Row[], query: z.output<typeof pageQuery>): { rows: Row[]; next: string | null } {
  const { cursor = '', limit } = query
  const left = rows.filter(({ name }) => name > cursor)
  const page = left.slice(0, limit)
  return { rows: page, next: left.length > limit ? (page.at(-1)?.name ?? null) : null }
}
