/** What changed between two descriptions of a thing, field by field. */
import { canonicalJson } from '../../../shared/digest.ts'
import type { FieldChange } from '../../engine/ports/audit.ts'

/** `strategy.gate.kind`, and what it was and is; lists are compared whole. Null: there was no such thing, or there is none any more. */
export function difference(before: unknown, after: unknown): FieldChange[] {
  const [was, is] = [leavesOf(before), leavesOf(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((field) => {
    const change = { field, before: was.get(field) ?? null, after: is.get(field) ?? null }
    return canonicalJson(change.before) === canonicalJson(change.after) ? [] : [change]
  })
}

function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (value === null || value === undefined) return new Map()
  if (!isRecord(value)) return new Map([[path, value]])
  return new Map(Object.entries(value).flatMap(([name, inner]) => [...leavesOf(inner, path === '' ? name : `${path}.${name}`)]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
