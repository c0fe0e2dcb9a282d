/** The lines at the bottom of a terminal that are drawn over and over, in place. Whoever draws ends with `close`, which gives the cursor back. */
import { surfaceOf, write } from '../context.ts'
import type { Out } from '../world.ts'
import { renderLine } from './line.ts'
import type { Line } from './line.ts'

const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const CLEAR_BELOW = '\x1b[J'
const DEFAULT_ROWS = 24
const DEFAULT_COLUMNS = 80

export class Redraw {
  readonly #out: Out
  #drawn = 0
  #closed = false

  constructor(out: Out) {
    this.#out = out
  }

  /** What does not fit on the screen is left out: a line that has scrolled away cannot be drawn over. */
  async draw(lines: readonly Line[]): Promise<void> {
    if (this.#closed) return
    const { columns, colour } = surfaceOf(this.#out)
    const fitting = lines.slice(0, (this.#out.rows || DEFAULT_ROWS) - 1)
    const text = fitting.map((line) => `${renderLine(line, { columns: columns ?? DEFAULT_COLUMNS, colour })}\n`).join('')
    const home = this.#drawn === 0 ? HIDE_CURSOR : `\x1b[${this.#drawn}A\r`
    this.#drawn = fitting.length
    await write(this.#out, home + CLEAR_BELOW + text)
  }

  async close(): Promise<void> {
    if (this.#drawn > 0 && !this.#closed) await write(this.#out, SHOW_CURSOR)
    this.#closed = true
  }
}
