/** Lines of styled text. Everything that the command line prints passes through `renderLine`, which makes it printable. */
import { styleText } from 'node:util'
import stringWidth from 'string-width'
import { printable } from './printable.ts'

const FORMATS = { good: 'green', bad: 'red', busy: 'yellow', odd: 'magenta', back: 'blue', faint: 'dim', strong: 'bold' } as const

export type Tone = keyof typeof FORMATS
export type Span = string | { text: string; tone: Tone }
export type Line = Span[]

/** Where lines go: `columns` null means that nothing is cut off. */
export type Surface = { columns: number | null; colour: boolean }

export const styled = (text: string, tone: Tone): Span => ({ text, tone })

/** As it will be seen, without its style. */
export function textOf(span: Span): string {
  return printable(typeof span === 'string' ? span : span.text)
}

/** Columns that it takes on a terminal. */
export function widthOf(line: Line): number {
  return line.reduce((sum, span) => sum + stringWidth(textOf(span)), 0)
}

export function renderLine(line: Line, { columns, colour }: Surface): string {
  const fitting = columns !== null && widthOf(line) > columns ? cut(line, columns) : line
  return fitting.map((span) => (typeof span === 'string' || !colour ? textOf(span) : paint(textOf(span), span.tone))).join('')
}

/** The beginning of `line`, an ellipsis in the last column. */
function cut(line: Line, columns: number): Line {
  const kept: Line = []
  let left = columns - 1
  for (const span of line) {
    const text = textOf(span)
    const beginning = fittingPart(text, left)
    kept.push(typeof span === 'string' ? beginning : styled(beginning, span.tone))
    if (beginning !== text) return [...kept, '…']
    left -= stringWidth(text)
  }
  return kept
}

function fittingPart(text: string, columns: number): string {
  let part = ''
  let width = 0
  for (const character of text) {
    width += stringWidth(character)
    if (width > columns) return part
    part += character
  }
  return part
}

function paint(text: string, tone: Tone): string {
  return text === '' ? '' : styleText(FORMATS[tone], text, { validateStream: false })
}
