/**
 * Unpacks a package beside its place and moves it there whole: what lies under a release's name is complete, checked and on the disk. The same
 * rules that a coordinator judged the package by are applied again, as if it had not.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rename, rm, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Unpack } from 'tar'
import { makeDirectory, syncDirectory } from '../../shared/directory.ts'
import type { Artifact } from '../../shared/command.ts'
import { TarSeams } from '../../shared/package/tar-seams.ts'
import { PackageTree } from '../../shared/package/tree.ts'

/** Begins the names of directories that are not complete; nobody looks into them, and the next unpacking replaces them. */
export const UNFINISHED_PREFIX = '.unpacking-'
/** What is still being written when a package turns out to be bad must not keep its directory. */
const REMOVE_RETRIES = 5
/** Every account may read a release, and none but the agent's may write it. */
const READABLE = 0o444
const SEARCHABLE = 0o111
const OWNER_WRITES = 0o200

export type Look = (tree: string) => Promise<void>

/** The bytes of an uncompressed tar, in order. */
export type TarStream = AsyncIterable<Buffer>

/**
 * Unpacks `tar` as `target`; `look` sees the whole tree before it has its name. Rejects, with `target` untouched, when the package is not
 * what the artifact declares or breaks a rule.
 */
export async function unpack(tar: TarStream, artifact: Artifact, target: string, signal: AbortSignal, look: Look): Promise<void> {
  const staged = join(dirname(target), UNFINISHED_PREFIX + basename(target))
  await makeDirectory(dirname(target))
  await rm(staged, { recursive: true, force: true })
  try {
    await makeDirectory(staged)
    await extract(tar, artifact, staged, signal)
    await look(staged)
    // one call for the whole tree; syncing thousands of files one by one takes seconds
    await promisify(execFile)('sync', ['-f', staged], { signal })
    const now = new Date()
    await utimes(staged, now, now)
    await rename(staged, target)
    await syncDirectory(dirname(target))
  } catch (error) {
    await rm(staged, { recursive: true, force: true, maxRetries: REMOVE_RETRIES })
    throw error
  }
}

async function extract(tar: TarStream, artifact: Artifact, directory: string, signal: AbortSignal): Promise<void> {
  const { unpacker, closed, refusal } = startUnpacker(artifact, directory)
  const seams = new TarSeams()
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of tar) {
    signal.throwIfAborted()
    bytes += chunk.length
    hash.update(chunk)
    if (bytes > artifact.sizeBytes) throw new Error(`the package is refused: it has more than the ${artifact.sizeBytes} bytes that were declared`)
    for (const piece of seams.cut(chunk)) {
      if (!unpacker.write(piece)) await Promise.race([once(unpacker, 'drain', { signal }), closed])
      if (refusal() !== null) throw new Error(`the package is refused: ${refusal()}`)
    }
  }
  seams.finish()
  unpacker.end()
  await closed
  const digest = hash.digest('hex')
  if (digest !== artifact.digest) throw new Error(`the package's SHA-256 is ${digest}, expected ${artifact.digest}`)
}

/** The tar library's unpacker with our rules before it: an entry that breaks one is not written, nor is any after it. */
function startUnpacker({ entries }: Artifact, directory: string): { unpacker: Unpack; closed: Promise<unknown>; refusal: () => string | null } {
  const tree = new PackageTree()
  let refusal: string | null = null
  const admit = (entry: { path: string; type: string; size: number; mode?: number; linkpath?: string }): boolean => {
    refusal ??= tree.admit(entry)?.message ?? null
    if (tree.entries > entries) refusal ??= `it has more than the ${entries} entries that were declared`
    entry.mode = modeOf(entry.type, entry.mode ?? 0)
    return refusal === null
  }
  const filter = (_path: string, entry: object): boolean => 'type' in entry && admit(entry as Parameters<typeof admit>[0])
  // The library's own guard refuses every link to a link. Ours, in `filter`, comes first and lets none out of the tree.
  const unpacker = new Unpack({ cwd: directory, strict: true, preservePaths: true, preserveOwner: false, brotli: false, zstd: false, filter })
  unpacker.on('ignoredEntry', (entry: { path: string; type: string }) => (refusal ??= `entry ${entry.path} is of the type ${entry.type}`))
  const closed = once(unpacker, 'close')
  // a damaged package may raise more errors than the one that is waited for
  unpacker.on('error', () => undefined)
  closed.catch(() => undefined)
  return { unpacker, closed, refusal: () => refusal }
}

function modeOf(type: string, mode: number): number {
  const executable = type === 'Directory' || (mode & SEARCHABLE) !== 0
  return (mode & 0o755) | READABLE | OWNER_WRITES | (executable ? SEARCHABLE : 0)
}
