/** The repository as the tidy rules see it: the text of every file by its path. A rule is a function from it to findings. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type Tree = ReadonlyMap<string, string>
/** `path:line: what is wrong, and what would be right`. */
export type Finding = string
export type Rule = (tree: Tree) => Finding[]

const SKIPPED = new Set(['.git', 'node_modules', '.muster', 'coverage'])
const MAX_FILE_BYTES = 1024 * 1024

/** All files below `root`, committed or not; what is installed, and what is too large to be source, is left out. */
export function readTree(root: string, folder = ''): Tree {
  const tree = new Map<string, string>()
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (SKIPPED.has(entry.name)) continue
    if (entry.isDirectory()) for (const [inner, text] of readTree(root, path)) tree.set(inner, text)
    else if (entry.isFile() && statSync(join(root, path)).size <= MAX_FILE_BYTES) tree.set(path, readFileSync(join(root, path), 'utf8'))
  }
  return tree
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
