/** The threat table is shown by tests: every file that it names is there, and has a test of each name that stands behind it. */
import type { Node } from 'oxc-parser'
import { modulesOf, walk } from './modules.ts'
import { type Finding, lineAt, type Tree } from './tree.ts'

const DOCUMENT = 'docs/security.md'
/** `test/….test.ts`: “one name”, “another” */
const SHOWN = /`(test\/[\w./-]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g
/** How a file's name stands in the table: nothing else of the document may have that form. */
const NAMED = /`test\/[\w./-]+\.test\.ts`/g

export function threatsAreShown(tree: Tree): Finding[] {
  const text = tree.get(DOCUMENT) ?? ''
  const shown = [...text.matchAll(SHOWN)]
  const without = [...text.matchAll(NAMED)].length - shown.length
  const namesOf = new Map(modulesOf(tree).map(({ path, program }) => [path, testsOf(program)]))
  return [
    ...(without > 0 ? [`${DOCUMENT}:1: ${without} test files are named without a test of theirs`] : []),
    ...shown.flatMap((match) => {
      const [, path = '', names = ''] = match
      const missing = [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => name).filter((name) => !namesOf.get(path)?.has(name))
      return missing.map((name) => `${DOCUMENT}:${lineAt(text, match.index)}: ${path} has no test “${name}”`)
    }),
  ]
}

/** First arguments of `test(…)`, `it.each(…)(…)` and the like. */
function testsOf(program: Node): Set<string> {
  const names = new Set<string>()
  walk(program, (node) => {
    if (node.type !== 'CallExpression' || !['test', 'it'].includes(rootOf(node.callee))) return
    const [name] = node.arguments
    if (name?.type === 'Literal' && typeof name.value === 'string') names.add(name.value)
  })
  return names
}

/** The name that a callee begins with. */
function rootOf(callee: Node): string {
  switch (callee.type) {
    case 'Identifier':
      return callee.name
    case 'CallExpression':
      return rootOf(callee.callee)
    case 'MemberExpression':
      return rootOf(callee.object)
    default:
      return ''
  }
}
