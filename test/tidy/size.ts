/** Files and functions stay small enough to be read in one go. */
import type { Node } from 'oxc-parser'
import { type Module, modulesOf, walk } from './modules.ts'
import { type Finding, lineAt, type Tree } from './tree.ts'

const MAX_FILE_LINES = 300
const MAX_MEDIAN_LINES = 120
const MAX_FUNCTION_LINES = 70
/** A suite is a folder of tests, not a function that somebody reads as one. */
const SUITES = new Set(['describe', 'suite'])

export function fileLength(tree: Tree): Finding[] {
  const sizes = modulesOf(tree).map(({ path, text }) => ({ path, lines: lineAt(text, text.trimEnd().length) })).sort((a, b) => a.lines - b.lines)
  const findings = sizes
    .filter(({ lines }) => lines > MAX_FILE_LINES)
    .map(({ path, lines }) => `${path}:1: ${lines} lines, more than ${MAX_FILE_LINES}; is it still one thing?`)
  const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0
  if (median > MAX_MEDIAN_LINES) findings.push(`the median file has ${median} lines, more than ${MAX_MEDIAN_LINES}`)
  return findings
}

export function functionLength(tree: Tree): Finding[] {
  return modulesOf(tree).flatMap(longFunctions)
}

function longFunctions({ path, text, program }: Module): Finding[] {
  const findings: Finding[] = []
  walk(program, (node, parent) => {
    if (!isFunction(node) || isSuite(parent)) return
    const first = lineAt(text, node.start)
    const lines = lineAt(text, node.end) - first + 1
    if (lines > MAX_FUNCTION_LINES) findings.push(`${path}:${first}: a function of ${lines} lines, more than ${MAX_FUNCTION_LINES}`)
  })
  return findings
}

function isFunction({ type }: Node): boolean {
  return type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression'
}

/** `describe(…)`, `describe.each(…)(…)` and the like. */
function isSuite(parent: Node | null): boolean {
  if (parent?.type !== 'CallExpression') return false
  let callee: Node = parent.callee
  while (callee.type === 'CallExpression' || callee.type === 'MemberExpression') callee = callee.type === 'CallExpression' ? callee.callee : callee.object
  return callee.type === 'Identifier' && SUITES.has(callee.name)
}
