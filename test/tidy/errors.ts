/** The error catalogue, its documentation and its use agree: shared/errors.ts, docs/errors.md and the code that refuses. */
import { type Module, modulesOf, walk } from './modules.ts'
import type { Finding, Tree } from './tree.ts'

const CATALOGUE = 'shared/errors.ts'
const DOCUMENT = 'docs/errors.md'

export function errorsDocumented(tree: Tree): Finding[] {
  const catalogued = codesOf(modulesOf(tree).find(({ path }) => path === CATALOGUE))
  const documented = documentedCodes(tree.get(DOCUMENT) ?? '')
  return [
    ...[...catalogued].flatMap(([code, kind]) => {
      const section = documented.get(code)
      if (section === undefined) return [`${DOCUMENT}:1: '${code}' is in ${CATALOGUE} and not documented`]
      return section === kind ? [] : [`${DOCUMENT}:1: '${code}' is of kind '${kind}' and documented under '${section}'`]
    }),
    ...[...documented.keys()].filter((code) => !catalogued.has(code)).map((code) => `${DOCUMENT}:1: '${code}' is documented and not in ${CATALOGUE}`),
  ]
}

export function errorsUsed(tree: Tree): Finding[] {
  const modules = modulesOf(tree)
  const users = modules.filter(({ path }) => path !== CATALOGUE && !path.startsWith('test/'))
  const used = new Set(users.flatMap(stringsOf))
  const codes = [...codesOf(modules.find(({ path }) => path === CATALOGUE)).keys()]
  return codes.filter((code) => !used.has(code)).map((code) => `${CATALOGUE}:1: nothing refuses with '${code}'`)
}

/** Code → kind, from the object that is exported as ERRORS. */
function codesOf(module: Module | undefined): Map<string, string> {
  const codes = new Map<string, string>()
  if (module === undefined) return codes
  walk(module.program, (node) => {
    if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier' || node.id.name !== 'ERRORS' || node.init === null) return
    walk(node.init, (inner) => {
      if (inner.type !== 'Property' || inner.key.type !== 'Identifier' || inner.value.type !== 'Literal') return
      codes.set(inner.key.name, String(inner.value.value))
    })
  })
  return codes
}

/** Code → kind: rows that begin with a code, under a heading `## kind`. */
function documentedCodes(markdown: string): Map<string, string> {
  const codes = new Map<string, string>()
  let kind = ''
  for (const line of markdown.split('\n')) {
    kind = /^## ([a-z-]+)/.exec(line)?.[1] ?? kind
    const code = /^\| `([a-z_]+)` \|/.exec(line)?.[1]
    if (code !== undefined) codes.set(code, kind)
  }
  return codes
}

function stringsOf({ program }: Module): string[] {
  const strings: string[] = []
  walk(program, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') strings.push(node.value)
  })
  return strings
}
