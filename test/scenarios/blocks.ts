/** The shape of a scenario file: remarks, and blocks of a command, its input, `----` and what is expected, separated by blank lines. */
export type Block = { line: number; command: string; input: string; expected: string }
/** A paragraph of the file: a block, or remarks and whatever else stays as it is. */
export type Paragraph = { text: string; block: Block | null }

const RULE = '----'

export function parse(text: string): Paragraph[] {
  let line = 1
  return text.split(/\n\n+/).map((paragraph) => {
    const lines = paragraph.split('\n').filter((each, index, all) => each !== '' || index < all.length - 1)
    const first = lines.findIndex((each) => !each.startsWith('#'))
    const rule = lines.indexOf(RULE)
    const block = rule === -1 ? null : {
      line: line + first, command: lines[first]!, input: lines.slice(first + 1, rule).join('\n'), expected: lines.slice(rule + 1).join('\n'),
    }
    if (block === null && first !== -1) throw new Error(`line ${line + first}: "${lines[first]}" has no ${RULE} after it`)
    line += paragraph.split('\n').length + 1
    return { text: lines.join('\n'), block }
  })
}

/** The file again, with what really came out. */
export function withActual(paragraphs: readonly Paragraph[], actual: ReadonlyMap<Block, string>): string {
  const texts = paragraphs.map(({ text, block }) => (block === null ? text : `${text.slice(0, text.indexOf(RULE))}${RULE}\n${actual.get(block)}`))
  return `${texts.join('\n\n')}\n`
}
