/** The source files of a tree, parsed, with what each imports. Generated files are left out. */
import { posix } from 'node:path'
import { type Node, parseSync, type Program, visitorKeys } from 'oxc-parser'
import { lineAt, type Tree } from './tree.ts'

export type Import = {
  /** A path in the tree when relative, else the package or `node:` module as written. */
  target: string
  relative: boolean
  typeOnly: boolean
  line: number
}
export type Module = { path: string; text: string; program: Program; imports: Import[] }

const SOURCE = /\.(ts|tsx|mts|mjs|js)$/
const GENERATED = ['proto/gen/', 'shared/client/']
const parsed = new WeakMap<Tree, Module[]>()

/** Throws when a file does not parse. */
export function modulesOf(tree: Tree): Module[] {
  const known = parsed.get(tree)
  if (known !== undefined) return known
  const modules = [...tree].filter(([path]) => SOURCE.test(path) && !GENERATED.some((folder) => path.startsWith(folder))).map(([path, text]) => parse(path, text))
  parsed.set(tree, modules)
  return modules
}

function parse(path: string, text: string): Module {
  const { program, module, errors } = parseSync(path, text, { sourceType: 'module' })
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`)
  const imports: Import[] = []
  const add = (specifier: string, typeOnly: boolean, offset: number): void => {
    const relative = specifier.startsWith('.')
    const target = relative ? posix.join(posix.dirname(path), specifier) : specifier
    imports.push({ target, relative, typeOnly, line: lineAt(text, offset) })
  }
  for (const { moduleRequest, entries, start } of module.staticImports) add(moduleRequest.value, isTypeOnly(entries), start)
  for (const { entries, start } of module.staticExports) {
    const source = entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest
    if (source) add(source.value, isTypeOnly(entries), start)
  }
  for (const { moduleRequest: { start, end } } of module.dynamicImports) add(text.slice(start + 1, end - 1), false, start)
  return { path, text, program, imports }
}

/** An import without bindings (`import './x.ts'`) runs code. */
function isTypeOnly(entries: { isType: boolean }[]): boolean {
  return entries.length > 0 && entries.every((entry) => entry.isType)
}

/** Calls `visit` for every node, parents before children. */
export function walk(node: Node, visit: (node: Node, parent: Node | null) => void, parent: Node | null = null): void {
  visit(node, parent)
  for (const key of visitorKeys[node.type] ?? []) {
    const child: unknown = node[key as keyof Node]
    for (const inner of Array.isArray(child) ? child : [child]) if (isNode(inner)) walk(inner, visit, node)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
