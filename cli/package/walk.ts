/** A directory as the entries of a package: sorted, parents first, each one that the coordinator would refuse refused here, by its path. */
import type { Stats } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { MusterError } from '../../shared/errors.ts'
import { PackageTree } from '../../shared/package/tree.ts'

/** `type` as the tar library names it. */
export type FoundEntry = { path: string; absolute: string; type: string; mode: number; size: number; linkpath?: string }

/** Two names of one file are two files: what a build tool happened to link must not change the digest. @throws MusterError */
export async function* walk(root: string): AsyncGenerator<FoundEntry> {
  const tree = new PackageTree()
  for await (const entry of below(root, '')) {
    refuse(tree.admit(entry))
    yield entry
  }
  refuse(tree.finish())
}

async function* below(root: string, directory: string): AsyncGenerator<FoundEntry> {
  const names = await readdir(join(root, directory))
  for (const name of names.sort()) {
    const entry = await look(root, directory === '' ? name : `${directory}/${name}`)
    yield entry
    if (entry.type === 'Directory') yield* below(root, entry.path)
  }
}

async function look(root: string, path: string): Promise<FoundEntry> {
  const absolute = join(root, path)
  // A name that is not UTF-8 cannot be looked up by what it reads as; the tree refuses it by its text.
  if (path.includes('\ufffd')) return { path, absolute, type: 'File', mode: 0, size: 0 }
  const stats = await lstat(absolute)
  const type = typeOf(stats)
  const entry = { path, absolute, type, mode: stats.mode & 0o7777, size: type === 'File' ? stats.size : 0 }
  return type === 'SymbolicLink' ? { ...entry, linkpath: await readlink(absolute) } : entry
}

function typeOf(stats: Stats): string {
  if (stats.isFile()) return 'File'
  if (stats.isDirectory()) return 'Directory'
  if (stats.isSymbolicLink()) return 'SymbolicLink'
  if (stats.isFIFO()) return 'FIFO'
  if (stats.isSocket()) return 'Socket'
  return stats.isBlockDevice() ? 'BlockDevice' : 'CharacterDevice'
}

function refuse(problem: ReturnType<PackageTree['finish']>): void {
  if (problem) throw new MusterError(problem)
}
