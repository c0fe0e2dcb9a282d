import { describe, expect, test } from 'vitest'
import { errorsDocumented, errorsUsed } from '../../tidy/errors.ts'
import { treeOf } from './sample.ts'

const CATALOGUE = { 'shared/errors.ts': "export const ERRORS = { host_unknown: 'not-found', no_hosts: 'refused' } as const satisfies Kinds" }
const ROWS = { unknown: '| `host_unknown` | Not there. | Look. |', none: '| `no_hosts` | Nobody. | Look. |' }

describe('errors', () => {
  test('a documented catalogue is fine', () => {
    const page = ['## not-found', ROWS.unknown, '## refused', ROWS.none]
    expect(errorsDocumented(treeOf({ ...CATALOGUE, 'docs/errors.md': page }))).toEqual([])
  })

  test('a code that is not documented is found', () => {
    expect(errorsDocumented(treeOf({ ...CATALOGUE, 'docs/errors.md': ['## not-found', ROWS.unknown] }))).toEqual([
      "docs/errors.md:1: 'no_hosts' is in shared/errors.ts and not documented",
    ])
  })

  test('a documented code that does not exist is found', () => {
    const page = ['## not-found', ROWS.unknown, '| `gone` | Once. | - |', '## refused', ROWS.none]
    expect(errorsDocumented(treeOf({ ...CATALOGUE, 'docs/errors.md': page }))).toEqual(["docs/errors.md:1: 'gone' is documented and not in shared/errors.ts"])
  })

  test('a code under the wrong kind is found', () => {
    const page = ['## not-found', ROWS.unknown, ROWS.none]
    expect(errorsDocumented(treeOf({ ...CATALOGUE, 'docs/errors.md': page }))).toEqual([
      "docs/errors.md:1: 'no_hosts' is of kind 'refused' and documented under 'not-found'",
    ])
  })

  test('a code that only a test names is not used', () => {
    const users = { 'cli/host.ts': "throw problem('host_unknown', 'x')", 'test/x.test.ts': "expect(code).toBe('no_hosts')" }
    expect(errorsUsed(treeOf({ ...CATALOGUE, ...users }))).toEqual(["shared/errors.ts:1: nothing refuses with 'no_hosts'"])
  })
})
