import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barLine } from '../../../cli/text/bar.ts'
import { hostRanges } from '../../../cli/text/host-ranges.ts'
import { renderLine, styled, textOf, widthOf } from '../../../cli/text/line.ts'
import type { Line } from '../../../cli/text/line.ts'
import { printable, printableJson, printedLines } from '../../../cli/text/printable.ts'
import { tableLines } from '../../../cli/text/table.ts'

const plain = (lines: readonly Line[]) => lines.map((line) => line.map(textOf).join(''))

describe('what came from elsewhere is text and nothing else', () => {
  test.each([
    ['colours', '\x1b[31mred\x1b[0m', 'red'],
    ['a cursor that moves', 'a\x1b[2Jb\x1b[10;10Hc', 'abc'],
    ['a window title', '\x1b]0;owned\x07text', 'text'],
    ['a link', '\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\', 'click'],
    ['8-bit control sequences', '\x9b31mred', 'red'],
    ['an escape inside an escape', '\x1b\x1b[31m[31mred', '[31mred'],
    ['bells and backspaces', 'se\bcret\x07', 'secret'],
    ['line breaks and tabs', 'one\r\ntwo\tthree', 'one two three'],
    ['text that runs backwards', 'abc\u202edcba\u2066', 'abcdcba'],
    ['invisible characters', 'web\u200b-0\ufeff1', 'web-01'],
    ['other languages, which stay', '检查失败：端口已占用', '检查失败：端口已占用'],
  ])('%s', (_what, given, shown) => {
    expect(printable(given)).toBe(shown)
  })

  test('no text leaves a control character', () => {
    fc.assert(fc.property(fc.string({ unit: fc.oneof(fc.constantFrom('\x1b', '[', ']', '\x9b', '\x07', '3', 'm', '\r', '\n'), fc.string({ unit: 'binary', maxLength: 1 })) }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
    }))
  })

  test('every rendered line has passed it', () => {
    expect(renderLine(['a\x1b[31m', styled('b\x1b[0m\n', 'bad')], { columns: null, colour: false })).toBe('ab ')
  })

  test('JSON keeps its values and shows no control character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = printableJson({ text })
      expect(json).not.toMatch(/[\p{Cc}\u202a-\u202e]/u)
      expect(JSON.parse(json)).toEqual({ text })
    }))
  })

  test('output is split into lines, of which a carriage return shows the last part', () => {
    expect(printedLines('one\r\n10%\r50%\r100%\n\tdone\n')).toEqual(['one', '100%', '    done'])
    expect(printedLines('')).toEqual([])
    expect(printedLines('\n')).toEqual([''])
  })
})

describe('lines', () => {
  test('are cut to the terminal by what is seen, wide characters counted as two', () => {
    const line: Line = ['web ', styled('检查失败', 'bad'), ' again']
    expect(widthOf(line)).toBe(18)
    expect(renderLine(line, { columns: 18, colour: false })).toBe('web 检查失败 again')
    expect(renderLine(line, { columns: 10, colour: false })).toBe('web 检查…')
    expect(renderLine(line, { columns: 9, colour: false })).toBe('web 检查…')
    expect(renderLine(line, { columns: 8, colour: false })).toBe('web 检…')
  })

  test('are coloured only where that was asked for', () => {
    expect(renderLine([styled('x', 'bad')], { columns: null, colour: true })).toBe('\x1b[31mx\x1b[39m')
    expect(renderLine([styled('x', 'bad')], { columns: null, colour: false })).toBe('x')
  })

  test('never exceed the columns', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 40 }), (line, columns) => {
      expect(widthOf([renderLine(line, { columns, colour: false })])).toBeLessThanOrEqual(columns)
    }))
  })
})

describe('tables', () => {
  test('align by width, and to the right where asked', () => {
    expect(plain(tableLines(['HOST', '>SIZE', 'NOTE'], [['web', '5', '检查'], ['a-long-one', '1234', 'x']]))).toEqual([
      'HOST        SIZE  NOTE',
      'web            5  检查',
      'a-long-one  1234  x',
    ])
  })

  test('may be empty', () => {
    expect(plain(tableLines(['HOST', 'STATUS'], []))).toEqual(['HOST  STATUS'])
  })
})

describe('bars', () => {
  const bar = (counts: number[], cells: number) =>
    plain([barLine(counts.map((count, index) => ({ count, mark: String(index), tone: 'good' as const })), cells)])[0]

  test('share out their cells', () => {
    expect(bar([1, 1], 4)).toBe('0011')
    expect(bar([2, 1], 10)).toBe('0000000111')
    expect(bar([0, 5], 4)).toBe('1111')
    expect(bar([], 4)).toBe('')
  })

  test('show what is rare', () => {
    expect(bar([9999, 1], 10)).toBe('0000000001')
    expect(bar([1, 9998, 1], 5)).toBe('01112')
  })

  test('are full, and show every part, whatever the counts', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 7 })
    fc.assert(fc.property(counts, fc.integer({ min: 7, max: 60 }), (given, cells) => {
      const drawn = bar(given, cells) ?? ''
      expect(drawn).toHaveLength(cells)
      expect(new Set(drawn).size).toBe(given.length)
    }))
  })
})

describe('many hosts in few words', () => {
  test.each([
    [['web-1'], 'web-1'],
    [['web-2', 'web-1'], 'web-1, web-2'],
    [['web-3', 'web-1', 'web-2', 'web-10'], 'web-1…web-3, web-10'],
    [['web-009', 'web-010', 'web-011'], 'web-009…web-011'],
    [['web-9', 'web-10', 'web-11'], 'web-9…web-11'],
    [['a1.fra', 'a2.fra', 'a3.fra', 'a4.sin'], 'a1.fra…a3.fra, a4.sin'],
    [['10.0.0.1', '10.0.0.2'], '10.0.0.1, 10.0.0.2'],
    [['alpha', 'beta'], 'alpha, beta'],
  ])('%j → %s', (hosts, words) => {
    expect(hostRanges(hosts)).toBe(words)
  })

  test('no more than so many ranges, and how many hosts are left', () => {
    const hosts = Array.from({ length: 30 }, (_, index) => `web-${index * 2}`)
    expect(hostRanges(hosts, 3)).toBe('web-0, web-2, web-4 and 27 more hosts')
  })
})
