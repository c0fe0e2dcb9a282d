/** Tables: columns as wide as their widest cell, by the width that is seen. */
import { styled, widthOf } from './line.ts'
import type { Line, Span } from './line.ts'

const GAP = '  '

/** Columns whose title begins with `>` are aligned to the right. */
export function tableLines(titles: readonly string[], rows: readonly (readonly Span[])[]): Line[] {
  const head = titles.map((title): Span => styled(title.replace(/^>/, ''), 'faint'))
  const widths = titles.map((_, column) => Math.max(...[head, ...rows].map((row) => widthOf([row[column] ?? '']))))
  const toTheRight = titles.map((title) => title.startsWith('>'))
  return [head, ...rows].map((row) => alignRow(row, widths, toTheRight))
}

/** Rows without titles. */
export function alignedLines(rows: readonly (readonly Span[])[]): Line[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => widthOf([row[column] ?? '']))))
  return rows.map((row) => alignRow(row, widths, []))
}

function alignRow(row: readonly Span[], widths: readonly number[], toTheRight: readonly boolean[]): Line {
  const end = row.findLastIndex((cell) => widthOf([cell]) > 0)
  return row.slice(0, end + 1).flatMap((cell, column): Line => {
    const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf([cell])))
    const last = column === end
    if (toTheRight[column] === true) return [padding, cell, last ? '' : GAP]
    return [cell, last ? '' : padding + GAP]
  })
}
