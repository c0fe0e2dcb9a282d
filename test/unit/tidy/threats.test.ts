import { expect, test } from 'vitest'
import { threatsAreShown } from '../../tidy/threats.ts'
import { treeOf } from './sample.ts'

const TESTS = ["describe('a thief', () => test('is out', async () => {}))", "it.each([1])('gets nothing (%d)', () => {})", "const other = 'is in'"]
const findings = (row: string) => threatsAreShown(treeOf({ 'test/e2e/thief.test.ts': TESTS, 'docs/security.md': ['# Security', row] }))

test('what is named is there', () => {
  expect(findings('| a thief | `test/e2e/thief.test.ts`: “is out”, “gets nothing (%d)” |')).toEqual([])
})

test.each([
  ['a test that is not there', '`test/e2e/thief.test.ts`: “is out”, “is in”', 'test/e2e/thief.test.ts has no test “is in”'],
  ['a file that is not there', '`test/e2e/gone.test.ts`: “is out”', 'test/e2e/gone.test.ts has no test “is out”'],
])('%s is found', (_what, row, finding) => {
  expect(findings(row)).toEqual([`docs/security.md:2: ${finding}`])
})

test('a file without a test is not enough', () => {
  expect(findings('`test/e2e/thief.test.ts`')).toEqual(['docs/security.md:1: 1 test files are named without a test of theirs'])
})
