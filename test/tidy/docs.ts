/** What the documents name is there: paths of the repository in backticks, relative links, and npm scripts. */
import { posix } from 'node:path'
import { type Finding, lineAt, type Tree } from './tree.ts'

const DOCUMENTS = /^(README\.md|CONTRIBUTING\.md|docs\/[^/]+\.md)$/
/** What a path of the repository may begin with, besides what it begins with today. */
const FOLDERS = ['proto', 'shared', 'coordinator', 'agent', 'relay', 'cli', 'console', 'deploy-scripts', 'demo', 'test', 'docs', 'scripts', 'bin', '.ci']

export function documentedPathsExist(tree: Tree): Finding[] {
  const roots = new Set([...FOLDERS, ...[...tree.keys()].map(firstSegment)])
  return mentions(tree, /`([\w.][\w./*<>-]*\/[\w./*<>-]*)(?::\d+)?`/g, (path) => (roots.has(firstSegment(path)) && !exists(tree, path) ? path : null))
}

export function documentedLinksLead(tree: Tree): Finding[] {
  return mentions(tree, /\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)/g, (link, document) => {
    const path = posix.join(posix.dirname(document), link)
    return exists(tree, path) ? null : path
  })
}

export function documentedScriptsExist(tree: Tree): Finding[] {
  const { scripts } = JSON.parse(tree.get('package.json') ?? '{"scripts":{}}') as { scripts: Record<string, string> }
  return mentions(tree, /\bnpm run ([\w:-]+)/g, (name) => (name in scripts ? null : `npm script '${name}'`))
}

/** Findings for what `pattern` captures in a document and `missing` names. */
function mentions(tree: Tree, pattern: RegExp, missing: (captured: string, document: string) => string | null): Finding[] {
  return [...tree].filter(([path]) => DOCUMENTS.test(path)).flatMap(([path, text]) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const name = missing(match[1] ?? '', path)
      return name === null ? [] : [`${path}:${lineAt(text, match.index)}: ${name} does not exist`]
    }),
  )
}

/** As a file, or as the folder of one; `*` and `<name>` stand for any one segment's part. */
function exists(tree: Tree, path: string): boolean {
  const source = path.replace(/\/$/, '').replace(/[.+]/g, '\\$&').replace(/\*|<[\w-]+>/g, '[^/]+')
  const pattern = new RegExp(`^${source}(/|$)`)
  return [...tree.keys()].some((file) => pattern.test(file))
}

function firstSegment(path: string): string {
  return path.split('/', 1)[0] ?? path
}
