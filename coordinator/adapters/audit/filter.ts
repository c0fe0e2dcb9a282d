/** Which entries somebody asks for. */
import { problem } from '../../../shared/errors.ts'
import type { AuditFilter, AuditView } from '../../engine/ports/audit.ts'

export function matches({ actor, verb, targets, atMs }: AuditView, filter: AuditFilter): boolean {
  return (filter.actor === null || actor === filter.actor)
    && (filter.verb === null || verb === filter.verb)
    && (filter.target === null || targets.includes(filter.target))
    && (filter.sinceMs === null || atMs >= filter.sinceMs)
}

/** Where a reading from the latest back begins. @throws MusterError body_invalid for a cursor that no page gave */
export function olderThan(cursor: string | null): string {
  if (cursor === null) return '+'
  if (/^[1-9]\d{0,14}-\d{1,15}$/.test(cursor)) return `(${cursor}`
  throw problem('body_invalid', `'${cursor}' is not a cursor`, { field: 'cursor', expected: 'the `next` of the page before' })
}
