/**
 * The machines that decide (the rollout's and the host's) are pure: what they compute depends on their arguments alone. That
 * holds for every file that they import, too, but for the one that hashes: a digest is a function of its bytes.
 */
import type { Node } from 'oxc-parser'
import { type Module, modulesOf, walk } from './modules.ts'
import { type Finding, lineAt, type Tree } from './tree.ts'

const PURE = ['coordinator/rollout/', 'agent/deploy/', 'shared/swarm/']
const HASHING = 'shared/digest.ts'
const OUTSIDE_WORLD = new Set([
  'process', 'performance', 'console', 'fetch', 'globalThis', 'crypto', 'require', 'queueMicrotask',
  'setTimeout', 'setInterval', 'setImmediate', 'AbortSignal', 'Worker',
])

export function pureFolders(tree: Tree): Finding[] {
  return reachedByPure(modulesOf(tree)).flatMap((module) => [...impureImports(module), ...impureCode(module)])
}

/** The pure folders' files and all that they import, but for types. */
function reachedByPure(modules: Module[]): Module[] {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const reached = new Set(modules.filter(({ path }) => PURE.some((folder) => path.startsWith(folder))))
  for (const { imports } of reached) {
    for (const { target, relative, typeOnly } of imports) {
      const module = byPath.get(target)
      if (relative && !typeOnly && module !== undefined && target !== HASHING) reached.add(module)
    }
  }
  return [...reached]
}

function impureImports({ path, imports }: Module): Finding[] {
  return imports
    .filter(({ relative, typeOnly }) => !relative && !typeOnly)
    .map(({ target, line }) => `${path}:${line}: imports ${target}; pure code imports only pure code of the project`)
}

function impureCode({ path, text, program }: Module): Finding[] {
  const findings: Finding[] = []
  const own = declaredNames(program)
  walk(program, (node, parent) => {
    const what = impurity(node, parent, own)
    if (what !== null) findings.push(`${path}:${lineAt(text, node.start)}: ${what} in pure code; hand the value or the outcome in as an argument`)
  })
  return findings
}

function impurity(node: Node, parent: Node | null, own: ReadonlySet<string>): string | null {
  switch (node.type) {
    case 'AwaitExpression':
      return 'await'
    case 'ImportExpression':
      return 'import()'
    case 'ForOfStatement':
      return node.await ? 'for await' : null
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node.async ? 'async' : null
    case 'NewExpression':
      return isName(node.callee, 'Date') && node.arguments.length === 0 ? 'new Date()' : null
    case 'CallExpression':
      return isName(node.callee, 'Date') ? 'Date()' : null
    case 'MemberExpression':
      if (isName(node.object, 'Date') && isName(node.property, 'now')) return 'Date.now'
      return isName(node.object, 'Math') && isName(node.property, 'random') ? 'Math.random' : null
    case 'Identifier':
      return OUTSIDE_WORLD.has(node.name) && !own.has(node.name) && !isLabel(node, parent) ? node.name : null
    default:
      return null
  }
}

function isName(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name
}

/** The name of a property or a member of a type is not a use of the global of that name. */
function isLabel(node: Node, parent: Node | null): boolean {
  if (parent === null) return false
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed
  return 'key' in parent && parent.key === node && !('shorthand' in parent && parent.shorthand)
}

/** Names that the file itself declares as functions, variables, parameters or imports: they are not the globals. */
function declaredNames(program: Node): Set<string> {
  const names = new Set<string>()
  const declare = (pattern: Node | null): void => {
    if (pattern?.type === 'Identifier') names.add(pattern.name)
  }
  walk(program, (node, parent) => {
    if (node.type === 'VariableDeclarator' || node.type === 'FunctionDeclaration') declare(node.id)
    if (node.type === 'Property' && parent?.type === 'ObjectPattern') declare(node.value)
    if ('local' in node && node.type !== 'ExportSpecifier') declare(node.local)
    if ('params' in node && Array.isArray(node.params)) node.params.forEach(declare)
  })
  return names
}
