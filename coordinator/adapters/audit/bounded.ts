/** Owns that an entry of the record is small, whatever somebody has sent. */
import { shortened } from '../../../shared/shortened.ts'
import { MAX_AUDIT_CHANGES, MAX_AUDIT_TEXT_CHARS } from '../../engine/ports/audit.ts'
import type { AuditEntry, BegunEntry, FieldChange } from '../../engine/ports/audit.ts'

export const MAX_TARGETS = 20

export function bounded(entry: AuditEntry): AuditEntry {
  const { outcome, code, changes, ...begun } = entry
  const kept = changes.slice(0, MAX_AUDIT_CHANGES).map(boundedChange)
  const left = changes.length - kept.length
  return { ...boundedBegun(begun), outcome, code, changes: left > 0 ? [...kept, { field: '…', before: null, after: `${left} more` }] : kept }
}

export function boundedBegun(entry: BegunEntry): BegunEntry {
  const { actor, verb, targets, reason, from } = entry
  return {
    ...entry,
    actor: cut(actor),
    verb: cut(verb),
    targets: targets.slice(0, MAX_TARGETS).map(cut),
    reason: reason === null ? null : cut(reason),
    from: from === null ? null : { ...from, address: cut(from.address), userAgent: from.userAgent === null ? null : cut(from.userAgent) },
  }
}

function boundedChange({ field, before, after }: FieldChange): FieldChange {
  return { field: cut(field), before: boundedValue(before), after: boundedValue(after) }
}

/** A value that is too long becomes the beginning of its JSON. */
function boundedValue(value: unknown): unknown {
  const json = JSON.stringify(value) ?? 'null'
  return json.length <= MAX_AUDIT_TEXT_CHARS ? (value ?? null) : cut(typeof value === 'string' ? value : json)
}

function cut(text: string): string {
  return shortened(text, MAX_AUDIT_TEXT_CHARS)
}
