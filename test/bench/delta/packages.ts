/**
 * Packages as tars on disk: of the npm registry that npm is configured for, kept in the system's directory for temporary files, or files at
 * hand.
 */
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip, createGzip } from 'node:zlib'

const CACHE = join(tmpdir(), 'muster-bench-packages')
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000
const run = promisify(execFile)

/** `packedBytes`: as it is published, or would be: with gzip, as small as gzip makes it. */
export type Package = { name: string; tar: string; packedBytes: number }

/** @param of `name@version`, or a path to a .tgz or .tar */
export async function packageOf(of: string, dir: string): Promise<Package> {
  const file = existsSync(of) ? of : await downloaded(of)
  const name = basename(of)
  if (file.endsWith('.tar')) return { name, tar: file, packedBytes: await gzippedBytes(file, dir) }
  const tar = join(await mkdtemp(join(dir, 'package-')), 'package.tar')
  await pipeline(createReadStream(file), createGunzip(), createWriteStream(tar))
  return { name, tar, packedBytes: (await stat(file)).size }
}

async function downloaded(of: string): Promise<string> {
  const kept = join(CACHE, `${encodeURIComponent(of)}.tgz`)
  if (existsSync(kept)) return kept
  await mkdir(CACHE, { recursive: true })
  const dir = await mkdtemp(join(CACHE, 'download-'))
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', dir, of], { timeout: DOWNLOAD_TIMEOUT_MS })
    await rename(join(dir, stdout.trim().split('\n').at(-1)!), kept)
  } finally {
    await rm(dir, { recursive: true })
  }
  return kept
}

export async function gzippedBytes(tar: string, dir: string): Promise<number> {
  const packed = join(dir, 'gzipped.tgz')
  await pipeline(createReadStream(tar), createGzip({ level: 9 }), createWriteStream(packed))
  return (await stat(packed)).size
}
