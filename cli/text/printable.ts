/** Owns the invariant that what came from a host, a person or a file reaches a terminal as text and as nothing else. */
import { stripVTControlCharacters } from 'node:util'

/** Control characters, and what is invisible or turns the direction of text around. */
const UNPRINTABLE = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu

/** One line of visible characters: escape sequences go, a tab or a line break becomes a space. */
export function printable(text: string): string {
  return stripVTControlCharacters(text.replace(/[\t\r\n]+/g, ' ')).replace(UNPRINTABLE, '')
}

/** What a program has printed, as lines. A carriage return begins a line anew on a terminal, so only what followed the last one was seen. */
export function printedLines(text: string): string[] {
  const lines = text.replace(/\r+\n/g, '\n').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => line.replaceAll('\t', '    ').split('\r').findLast((part) => part !== '') ?? '')
}

/** JSON that a terminal can show: what `JSON.stringify` leaves of unprintable characters is escaped, which changes no value. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return text.replace(UNPRINTABLE, (character) => (character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`))
}
