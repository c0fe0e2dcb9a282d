import { describe, expect, test } from 'vitest'
import { lineLength, noSemicolons, opensWithPurpose } from '../../tidy/style.ts'
import { places, treeOf } from './sample.ts'

describe('style', () => {
  test('a source file opens with what it owns; a test need not', () => {
    const files = { 'cli/a.ts': 'export const a = 1', 'cli/b.ts': '/** B. */', 'scripts/c.mjs': '#!/usr/bin/env node\n/** C. */', 'test/d.test.ts': 'test()' }
    expect(places(opensWithPurpose(treeOf(files)))).toEqual(['cli/a.ts:1'])
  })

  test.each([
    'const a = 1;', "import 'x';", 'f();', 'type A = 1;', 'class A { b = 1;\n}', 'type A = {\n  b: 1;\n}',
  ])('a semicolon is found: %s', (code) => {
    expect(noSemicolons(treeOf({ 'cli/a.ts': code }))).toHaveLength(1)
  })

  test.each([
    'for (let i = 0; i < 1; i++) f()', 'const a = ";"', '// x;', 'const a = 1\n;[1].map(f)',
    'type A = { a: 1; b: 2 }', 'const a = `x;\ny;`',
  ])('none is found: %s', (code) => {
    expect(noSemicolons(treeOf({ 'cli/a.ts': code }))).toEqual([])
  })

  test('a line has at most 160 columns, but for tables of tests', () => {
    const lines = ['', `// ${'x'.repeat(158)}`, `// ${'x'.repeat(157)}`]
    expect(places(lineLength(treeOf({ 'cli/a.ts': lines, 'test/a.test.ts': lines })))).toEqual(['cli/a.ts:2'])
  })
})
