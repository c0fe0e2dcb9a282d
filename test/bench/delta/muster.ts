/** Muster's own way, stage by stage. */
import { execFile } from 'node:child_process'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Spent, Stage } from './stage.ts'

const STAGE = join(import.meta.dirname, 'stage.ts')
const STAGE_TIMEOUT_MS = 30 * 60_000
const run = promisify(execFile)

/**
 * `bytes`: all that travels, manifest included. `write`: on the side that has the packages; `read`: on a host, until the tar is there and
 * checked.
 */
export type Moved = { bytes: number; pieces: number; write: Spent; read: Spent }

/** To a host that has the base: `update`; to one that has nothing: `anew`. @throws Error when what arrives is not the package */
export async function muster(baseTar: string, nextTar: string, dir: string): Promise<{ update: Moved; anew: Moved }> {
  const [base, next, delta] = [join(dir, 'base'), join(dir, 'next'), join(dir, 'delta')]
  for (const each of [base, next, delta]) await mkdir(each)
  await spend('cut', baseTar, base)
  await spend('join', base)
  const anew = await moved(next, await spend('cut', nextTar, next), () => spend('join', next))
  const update = await moved(delta, await spend('make', base, next, delta), () => spend('apply', base, delta))
  return { update, anew }
}

async function moved(dir: string, write: Spent, read: () => Promise<Spent>): Promise<Moved> {
  const pieces = await readdir(dir)
  const sizes = await Promise.all(pieces.map(async (piece) => (await stat(join(dir, piece))).size))
  return { bytes: sizes.reduce((total, size) => total + size, 0), pieces: pieces.length, write, read: await read() }
}

async function spend(stage: Stage, ...dirs: string[]): Promise<Spent> {
  const { stdout } = await run(process.execPath, [STAGE, stage, ...dirs], { timeout: STAGE_TIMEOUT_MS })
  return JSON.parse(stdout) as Spent
}
