/**
 * What others move for the same update, and how long they take to prepare it; null where the program is missing and cannot be installed.
 */
import { execFile } from 'node:child_process'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { areThere } from '../swarm/install.ts'

const TIMEOUT_MS = 30 * 60_000
const run = promisify(execFile)

export type Prepared = { bytes: number; seconds: number }

/** Chunks of 64 KiB on average, zstd each: the index, and the chunks that the base's store has not. */
export async function casync(base: string, next: string, dir: string): Promise<Prepared | null> {
  if (!areThere({ 'casync --version': 'casync' })) return null
  const store = join(dir, 'store')
  const make = (tar: string, index: string) => run('casync', ['make', `--store=${store}`, '--chunk-size=64K', index, tar], { timeout: TIMEOUT_MS })
  await make(base, join(dir, 'base.caibx'))
  const before = new Set(await chunksIn(store))
  const index = join(dir, 'next.caibx')
  const seconds = await timed(() => make(next, index))
  const fresh = (await chunksIn(store)).filter((chunk) => !before.has(chunk))
  const sizes = await Promise.all([index, ...fresh.map((chunk) => join(store, chunk))].map(async (path) => (await stat(path)).size))
  await rm(store, { recursive: true })
  return { bytes: sizes.reduce((total, size) => total + size, 0), seconds }
}

async function chunksIn(store: string): Promise<string[]> {
  return (await readdir(store, { recursive: true })).filter((name) => name.endsWith('.cacnk'))
}

/** The whole tar against the whole tar, at level 19, with a window over both. */
export async function patchFrom(base: string, next: string, dir: string): Promise<Prepared | null> {
  if (!areThere({ 'zstd --version': 'zstd' })) return null
  const patch = join(dir, 'next.zst')
  const seconds = await timed(() => run('zstd', ['-q', '-f', '-19', '--long=31', `--patch-from=${base}`, next, '-o', patch], { timeout: TIMEOUT_MS }))
  return { bytes: (await stat(patch)).size, seconds }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}
