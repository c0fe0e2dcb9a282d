import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../shared/digest.ts'
import { diff } from '../../../shared/diff.ts'

test.each<[string, unknown, unknown, unknown]>([
  ['a value', { keep: 3 }, { keep: 5 }, [{ kind: 'changed', field: 'keep', before: 3, after: 5 }]],
  ['null is absent', { account: null, run: 'x' }, { account: 'web', run: null }, [
    { kind: 'added', field: 'account', after: 'web' }, { kind: 'removed', field: 'run', before: 'x' },
  ]],
  ['deep inside', { variables: { A: '1', B: '2' } }, { variables: { A: '1', B: '3', C: '4' } }, [
    { kind: 'changed', field: 'variables.B', before: '2', after: '3' }, { kind: 'added', field: 'variables.C', after: '4' },
  ]],
  ['another kind of thing', { waves: [1] }, { waves: '1' }, [{ kind: 'changed', field: 'waves', before: [1], after: '1' }]],
  ['a line put into a list', { list: ['a', 'c'] }, { list: ['a', 'b', 'c'] }, [{ kind: 'added', field: 'list[1]', after: 'b' }]],
  ['a line taken out of a list', { list: ['a', 'a', 'c'] }, { list: ['a', 'c'] }, [{ kind: 'removed', field: 'list[1]', before: 'a' }]],
  ['inside a line of a list', { overrides: [{ host: 'a' }, { host: 'b', variables: { X: '1' } }] }, { overrides: [{ host: 'a' }, { host: 'b', variables: { X: '2' } }] }, [
    { kind: 'changed', field: 'overrides[1].variables.X', before: '1', after: '2' },
  ]],
  ['a name that every object has', {}, { constructor: 1 }, [{ kind: 'added', field: 'constructor', after: 1 }]],
])('%s', (_, before, after, changes) => expect(diff(before, after)).toEqual(changes))

const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, fc.constantFrom('a', 'b', 1, true), fc.array(tie('any'), { maxLength: 4 }), fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('any'))),
})).any

test('nothing is different exactly where the values are equal, in either direction', () => {
  fc.assert(fc.property(value, value, (a, b) => {
    const isSame = canonicalJson(a) === canonicalJson(b)
    expect([diff(a, b).length === 0, diff(b, a).length === 0]).toEqual([isSame, isSame])
    expect(diff(a, structuredClone(a))).toEqual([])
  }))
})
