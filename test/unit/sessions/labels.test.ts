/** Nothing that a host says changes a label that was bound when it joined. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { effectiveLabels } from '../../../coordinator/api/sessions/labels.ts'

const key = fc.constantFrom('dc', 'env', 'rack', 'role', 'constructor', '__proto__')
const labels = fc.dictionary(key, fc.constantFrom('a', 'b', 'c'))

test('a host has what was bound, of reserved keys nothing else, and of all other keys what it claims', () => {
  fc.assert(fc.property(labels, labels, fc.uniqueArray(key), (claimed, bound, boundKeys) => {
    const effective = effectiveLabels(claimed, { bound, boundKeys })
    for (const one of ['dc', 'env', 'rack', 'role', 'constructor', '__proto__']) {
      const is = valueOf(effective.labels, one)
      const isBound = Object.hasOwn(bound, one) || (boundKeys as string[]).includes(one)
      expect(is).toBe(isBound ? valueOf(bound, one) : valueOf(claimed, one))
      const claim = valueOf(claimed, one)
      expect(valueOf(effective.ignoredLabels, one)).toBe(claim === is ? undefined : claim)
    }
  }))
})

function valueOf(from: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(from, key) ? from[key] : undefined
}
