/** `--limit`: how many rows of a list are asked for, one page at most. */
import type { Command } from 'commander'
import { wholeNumber } from './argument.ts'

export const DEFAULT_ROWS = 100
export const MAX_ROWS = 1000

export function withLimit(command: Command, rows: string): Command {
  return command.option(`--limit <${rows}>`, 'so many at most', wholeNumber('--limit', 1, MAX_ROWS), DEFAULT_ROWS)
}
