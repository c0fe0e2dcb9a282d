/**
 * Every source file outside of test/ is reached from something that is started: a program, a script, a configuration file. Being
 * imported by a test does not keep a file alive. The same goes for Lua and shell that the programs read or run.
 */
import { posix } from 'node:path'
import { type Module, modulesOf, walk } from './modules.ts'
import type { Finding, Tree } from './tree.ts'

const STARTED = [/^(coordinator|coordinator\/ca|agent|relay|cli|demo)\/main\.ts$/, /^scripts\/[^/]+$/, /^[^/]+\.config\.ts$/, /^console\/main\.tsx$/]
const READ = /^(coordinator|agent|relay|cli)\/.*\.(lua|sh)$/

export function deadFiles(tree: Tree): Finding[] {
  const modules = new Map(modulesOf(tree).filter(({ path }) => !path.startsWith('test/')).map((module) => [module.path, module]))
  const reached = new Set([...modules.keys()].filter((path) => STARTED.some((pattern) => pattern.test(path))))
  for (const path of reached) {
    const module = modules.get(path)
    if (module !== undefined) referencesOf(module).forEach((target) => reached.add(target))
  }
  const files = [...modules.keys(), ...[...tree.keys()].filter((path) => READ.test(path))]
  return files.filter((path) => !reached.has(path)).map((path) => `${path}:1: dead: nothing that is started reaches it`)
}

/** Imports, and relative paths in strings: that is how a worker or a process of its own is started. */
function referencesOf({ path, program, imports }: Module): string[] {
  const references = imports.filter(({ relative }) => relative).map(({ target }) => target)
  walk(program, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string' && /^\.{1,2}\//.test(node.value)) {
      references.push(posix.join(posix.dirname(path), node.value))
    }
  })
  return references
}
