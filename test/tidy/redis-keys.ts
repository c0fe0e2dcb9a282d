/** Every key that an adapter names is in docs/redis-keys.md, and every key of that page is named by an adapter; BullMQ names its own. */
import { type Finding, lineAt, type Tree } from './tree.ts'

const DOCUMENT = 'docs/redis-keys.md'
const ADAPTERS = 'coordinator/adapters/'
const OF_BULLMQ = '{muster}:'

export function redisKeysDocumented(tree: Tree): Finding[] {
  const named = new Map([...tree].filter(([path]) => path.startsWith(ADAPTERS) && path.endsWith('.ts')).flatMap(([path, text]) => keysNamed(path, text)))
  const documented = keysDocumented(tree.get(DOCUMENT) ?? '')
  return [
    ...[...named].filter(([key]) => !documented.has(key)).map(([key, at]) => `${at}: ${key} is not in ${DOCUMENT}`),
    ...[...documented].filter(([key]) => !named.has(key)).map(([key, at]) => `${at}: no adapter names ${key}`),
  ]
}

/** Key → where it is named: literals and templates that begin with a tag, in braces or as the constant `tag` of the file. */
function keysNamed(path: string, text: string): [key: string, at: string][] {
  const tag = /const tag = `([^`]+)`/.exec(text)?.[1] ?? ''
  const written = text.matchAll(/['`](\$\{tag\}:[^'`]+|\{(?:[a-z]+|[a-z]:\$\{\w+\})\}:[^'`]+)['`]/g)
  return [...written].map((match) => [
    (match[1] ?? '').replace('${tag}', () => tag).replaceAll(/\$\{\w+\}/g, '<>'), `${path}:${lineAt(text, match.index)}`,
  ])
}

/** The keys that begin the rows of its tables; what varies stands in angle brackets. */
function keysDocumented(text: string): Map<string, string> {
  const rows = [...text.matchAll(/^\| `(\{[^`]+)`/gm)].filter(([, key = '']) => !key.startsWith(OF_BULLMQ))
  return new Map(rows.map((match) => [(match[1] ?? '').replaceAll(/<[\w-]+>/g, '<>'), `${DOCUMENT}:${lineAt(text, match.index)}`]))
}
