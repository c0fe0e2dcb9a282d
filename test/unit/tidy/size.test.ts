import { describe, expect, test } from 'vitest'
import { fileLength, functionLength } from '../../tidy/size.ts'
import { places, treeOf } from './sample.ts'

const lines = (count: number): string[] => Array.from({ length: count }, (_, index) => `export const x${index} = ${index}`)
const wrapped = (before: string, count: number, after: string): string[] => [before, ...lines(count).map((line) => line.replace('export ', '')), after]

describe('sizes', () => {
  test('a file has at most 300 lines', () => {
    const short = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`cli/short${index}.ts`, lines(10)]))
    expect(places(fileLength(treeOf({ ...short, 'cli/long.ts': lines(301), 'cli/fits.ts': lines(300) })))).toEqual(['cli/long.ts:1'])
  })

  test('the last line break does not count', () => {
    const short = { 'cli/a.ts': lines(1), 'cli/b.ts': lines(1) }
    expect(fileLength(treeOf({ ...short, 'cli/fits.ts': `${lines(300).join('\n')}\n` }))).toEqual([])
  })

  test('the median file has at most 120 lines', () => {
    expect(fileLength(treeOf({ 'cli/a.ts': lines(1), 'cli/b.ts': lines(121), 'cli/c.ts': lines(130) }))).toEqual([
      'the median file has 121 lines, more than 120',
    ])
  })

  test('generated files and documents do not count', () => {
    expect(fileLength(treeOf({ 'proto/gen/x.ts': lines(400), 'docs/x.md': lines(400) }))).toEqual([])
  })

  test.each([
    ['function', 'function f() {', '}'],
    ['arrow', 'export const f = () => {', '}'],
    ['method', 'class C { m() {', '} }'],
    ['test', "test('t', () => {", '})'],
  ])('a %s has at most 70 lines', (_kind, before, after) => {
    expect(functionLength(treeOf({ 'cli/fits.ts': wrapped(before, 68, after) }))).toEqual([])
    expect(places(functionLength(treeOf({ 'cli/long.ts': wrapped(before, 69, after) })))).toEqual(['cli/long.ts:1'])
  })

  test.each([
    ["describe('s', () => {", '})'],
    ["describe.each([1])('s', () => {", '})'],
  ])('a suite may be longer: %s', (before, after) => {
    expect(functionLength(treeOf({ 'test/x.test.ts': wrapped(before, 100, after) }))).toEqual([])
  })
})
