/**
 * What was unpacked into a directory: path, mode, size, date and link target of every entry, taken before the directory has its name, so that
 * what has one has a manifest. Contents are not read: whoever changes a file and puts its date back is not found out.
 */
import { lstat, opendir, readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../../shared/directory.ts'
import { sha256 } from '../../shared/digest.ts'
import type { Differences } from '../deploy/findings.ts'
import { writeDurably } from '../../shared/durable.ts'

/** Looked at in one directory; a service may have written any number of files into it. */
export const MAX_ENTRIES = 500_000
/** Named of each kind of difference. */
const NAMED = 3
/** After so many entries others get their turn. */
const BATCH = 64

/** A path, and all that is kept of what lies there in one text. */
type Entry = [path: string, looks: string]

export class Manifests {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Takes down what lies in `tree`, which is to be named `name`. Resolves when it is on the disk. */
  async record(tree: string, name: string): Promise<void> {
    const lines: string[] = []
    for await (const entry of entriesOf(tree)) lines.push(JSON.stringify(entry))
    await makeDirectory(this.#dir, 0o700)
    await writeDurably(this.#file(name), `${lines.join('\n')}\n`)
  }

  /** How the directory differs from what was recorded. Null: nothing was. */
  async compare(name: string): Promise<Differences | null> {
    const text = await readFile(this.#file(name), 'utf8').catch(() => null)
    if (text === null) return null
    const expected = new Map(text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Entry))
    const differences: Differences = { changed: none(), gone: none(), new: none(), whole: true }
    let seen = 0
    for await (const [path, looks] of entriesOf(name)) {
      seen += 1
      if (seen > MAX_ENTRIES) return { ...differences, whole: false }
      const recorded = expected.get(path)
      expected.delete(path)
      if (recorded === undefined) note(differences.new, path)
      else if (recorded !== looks) note(differences.changed, path)
    }
    for (const path of expected.keys()) note(differences.gone, path)
    return differences
  }

  async forget(name: string): Promise<void> {
    await rm(this.#file(name), { force: true })
  }

  #file(name: string): string {
    return join(this.#dir, `${sha256(name)}.jsonl`)
  }
}

/** Everything below `root`, in no order. What vanishes meanwhile is not there. */
async function* entriesOf(root: string): AsyncGenerator<Entry> {
  const open = ['']
  let count = 0
  for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
    const listing = await opendir(join(root, dir)).catch(() => null)
    for await (const { name } of listing ?? []) {
      const path = join(dir, name)
      const looks = await looksOf(join(root, path))
      if (looks === null) continue
      if (looks.startsWith('directory')) open.push(path)
      yield [path, looks]
      count += 1
      if (count % BATCH === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** A directory's size and date follow from what lies in it. */
async function looksOf(path: string): Promise<string | null> {
  const found = await lstat(path, { bigint: true }).catch(() => null)
  if (!found) return null
  const mode = (found.mode & 0o7777n).toString(8)
  if (found.isDirectory()) return `directory ${mode}`
  if (found.isSymbolicLink()) return `link ${await readlink(path).catch(() => '')}`
  return `file ${mode} ${found.size} ${found.mtimeNs}`
}

function none(): Differences['new'] {
  return { count: 0, first: [] }
}

function note(difference: Differences['new'], path: string): void {
  difference.count += 1
  if (difference.first.length < NAMED) difference.first.push(path)
}
