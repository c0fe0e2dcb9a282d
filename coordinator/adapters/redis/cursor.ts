/** Cursors of pages: a place in a sorted set, which people hand back as they got it. */
import { problem } from '../../../shared/errors.ts'

/**
 * Where a range begins that leaves out the place itself; `from` without a cursor.
 * @throws MusterError body_invalid for what no page gave
 */
export function beyond(cursor: string | null, from: '-inf' | '+inf'): string {
  if (cursor === null) return from
  if (/^\d{1,15}$/.test(cursor)) return `(${cursor}`
  throw problem('body_invalid', `'${cursor}' is not a cursor`, { field: 'cursor', expected: 'the `next` of the page before' })
}
