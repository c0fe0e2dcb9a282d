/** The few habits of the house that a program can check and the linter does not. */
import { type Module, modulesOf, walk } from './modules.ts'
import { type Finding, lineAt, type Tree } from './tree.ts'

const MAX_COLUMNS = 160

export function opensWithPurpose(tree: Tree): Finding[] {
  return modulesOf(tree)
    .filter(({ path, text }) => !path.startsWith('test/') && !/^(#!.*\n)?\/\*\*/.test(text))
    .map(({ path }) => `${path}:1: should open with a short /** … */ that says what the file owns`)
}

export function noSemicolons(tree: Tree): Finding[] {
  return modulesOf(tree).flatMap((module) => statementEnds(module).map((line) => `${module.path}:${line}: ends in a semicolon`))
}

/** Tests are left out: their tables are read by column. */
export function lineLength(tree: Tree): Finding[] {
  return modulesOf(tree).filter(({ path }) => !path.startsWith('test/')).flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) =>
      line.length > MAX_COLUMNS ? [`${path}:${index + 1}: ${line.length} columns, more than ${MAX_COLUMNS}`] : [],
    ),
  )
}

/** Lines on which a statement ends in a semicolon; one that guards the next line's bracket stands at the start of that line. */
function statementEnds({ text, program }: Module): number[] {
  const lines = new Set<number>()
  walk(program, (node) => {
    if (!/(Statement|Declaration|PropertyDefinition|Signature)$/.test(node.type)) return
    const line = text.slice(text.lastIndexOf('\n', node.end - 1) + 1, node.end)
    const rest = text.slice(node.end, text.indexOf('\n', node.end) + 1 || undefined)
    if (line.endsWith(';') && line.trim() !== ';' && rest.trim() === '') lines.add(lineAt(text, node.end))
  })
  return [...lines]
}
