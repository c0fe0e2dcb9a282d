/**
 * What is different between two values, field by field; pure. What is null counts as absent. In lists, what is equal at both ends is left
 * out, so that one line put in between is one change.
 */
export type FieldChange =
  | { kind: 'added'; field: string; after: unknown }
  | { kind: 'removed'; field: string; before: unknown }
  | { kind: 'changed'; field: string; before: unknown; after: unknown }

/** Fields are named as people write them: `variables.PORT`, `overrides[2].variables.PORT`. */
export function diff(before: unknown, after: unknown, field = ''): FieldChange[] {
  if (isAbsent(before)) return isAbsent(after) ? [] : [{ kind: 'added', field, after }]
  if (isAbsent(after)) return [{ kind: 'removed', field, before }]
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(before, after, field)
  if (isObject(before) && isObject(after)) return diffObjects(before, after, field)
  return before === after ? [] : [{ kind: 'changed', field, before, after }]
}

function diffObjects(before: Record<string, unknown>, after: Record<string, unknown>, field: string): FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => diff(own(before, key), own(after, key), field === '' ? key : `${field}.${key}`))
}

function diffLists(before: readonly unknown[], after: readonly unknown[], field: string): FieldChange[] {
  const shorter = Math.min(before.length, after.length)
  let first = 0
  while (first < shorter && isEqual(before[first], after[first])) first++
  let last = 0
  while (last < shorter - first && isEqual(before.at(-1 - last), after.at(-1 - last))) last++
  const middles = [before.slice(first, before.length - last), after.slice(first, after.length - last)] as const
  const length = Math.max(...middles.map((middle) => middle.length))
  return Array.from({ length }, (_, index) => diff(middles[0][index], middles[1][index], `${field}[${first + index}]`)).flat()
}

function isEqual(a: unknown, b: unknown): boolean {
  return diff(a, b).length === 0
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined
}
