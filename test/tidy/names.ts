/** Every file is named after what it holds: no drawer for odds and ends, and no file that only passes others on. */
import { type Module, modulesOf } from './modules.ts'
import type { Finding, Tree } from './tree.ts'

const DRAWERS = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'managers', 'misc', 'common'])

export function noDrawers(tree: Tree): Finding[] {
  return modulesOf(tree).flatMap(({ path }) => {
    const drawer = path.split(/[/.-]/).find((word) => DRAWERS.has(word))
    return drawer === undefined ? [] : [`${path}:1: '${drawer}' says nothing; name the file after the one thing it holds`]
  })
}

export function noBarrels(tree: Tree): Finding[] {
  return modulesOf(tree).filter(isBarrel).map(({ path }) => `${path}:1: only passes on what others export; import from where it is`)
}

function isBarrel({ program }: Module): boolean {
  const exports = program.body.filter((statement) => statement.type.startsWith('Export'))
  const owns = program.body.some((statement) => {
    if (statement.type === 'ImportDeclaration' || statement.type === 'ExportAllDeclaration') return false
    return !(statement.type === 'ExportNamedDeclaration' && statement.declaration === null)
  })
  return exports.length > 0 && !owns
}
