/** What changed between two descriptions of a thing, as the record of changes has it. */
import { diff } from '../../../shared/diff.ts'
import type { FieldChange } from '../../engine/ports/audit.ts'

/** Null: there was no such thing, or there is none any more. Of what is new, fields that hold nothing yet are no change. */
export function difference(before: unknown, after: unknown): FieldChange[] {
  const changes = diff(before ?? {}, after ?? {}).map((change) => ({
    field: change.field,
    before: change.kind === 'added' ? null : change.before,
    after: change.kind === 'removed' ? null : change.after,
  }))
  return before === null ? changes.filter((change) => !isEmpty(change.after)) : changes
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
