/**
 * The directories of services: releases/, cmd/, shared/, and the link `current`, which is only ever replaced in one rename. Paths of
 * installations are without the agent's root; here it is put before them.
 */
import { execFile } from 'node:child_process'
import { chown, lstat, readdir, readlink, rename, rm, stat, symlink, unlink, utimes } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { makeDirectory, syncDirectory } from '../../shared/directory.ts'
import type { Artifact } from '../../shared/command.ts'
import type { Installation } from '../deploy/installation.ts'
import { Serial } from '../serial.ts'
import type { Manifests } from './manifest.ts'
import { UNFINISHED_PREFIX, unpack } from './unpack.ts'
import type { TarStream } from './unpack.ts'

const CURRENT = 'current'
const STAGED_LINK = '.current.new'
const CHOWN_TIMEOUT_MS = 10 * 60_000

/** A package and the directory that it belongs in, root included. */
export type Placed = { kind: 'srv' | 'cmd'; artifact: Artifact; dir: string }

export class Releases {
  readonly #root: string
  readonly #manifests: Manifests
  /** Directories that something is being unpacked into: a deployment and a script may want the same one. */
  readonly #unpacking = new Serial()
  #lastUsedMs = 0

  constructor(root: string, manifests: Manifests) {
    this.#root = root
    this.#manifests = manifests
  }

  /** Where something of a service really lies. */
  real(path: string): string {
    return this.#root + path
  }

  /** The packages of an installation that are not unpacked yet. */
  async missing({ goal, releaseDir, cmdDir }: Installation): Promise<Placed[]> {
    const placed: Placed[] = [{ kind: 'srv', artifact: goal.srv, dir: this.real(releaseDir) }]
    if (goal.cmd && cmdDir) placed.push({ kind: 'cmd', artifact: goal.cmd, dir: this.real(cmdDir) })
    const there = await Promise.all(placed.map(({ dir }) => isDirectory(dir)))
    return placed.filter((_placed, index) => !there[index])
  }

  /** Unpacks a package into its place, unless somebody has done so meanwhile. */
  async unpack(tar: () => TarStream, { artifact, dir }: Placed, signal: AbortSignal): Promise<void> {
    await this.#unpacking.run(dir, signal, async () => {
      if (!(await isDirectory(dir))) await unpack(tar(), artifact, dir, signal, (tree) => this.#manifests.record(tree, dir))
    })
  }

  /** Makes `shared`, which the account owns: the one place that a service may write to and that outlives its releases. */
  async makeShared(path: string, owner: { uid: number; gid: number }): Promise<void> {
    const shared = join(this.real(path), 'shared')
    if (await isDirectory(shared)) return
    await makeDirectory(shared)
    if (owner.uid !== process.getuid?.()) await chown(shared, owner.uid, owner.gid)
  }

  /** Hands `shared` over to another account, with all that the one before has in it. `shared` itself comes last, so half a handing over is done again. */
  async handOver(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
    const shared = join(this.real(path), 'shared')
    const found = await stat(shared).catch(() => null)
    if (!found || found.uid === uid || process.getuid?.() !== 0) return
    const args = ['-R', '-h', `--from=${found.uid}`, `${uid}:${gid}`, '--', shared]
    await promisify(execFile)('chown', args, { timeout: CHOWN_TIMEOUT_MS, killSignal: 'SIGKILL' })
  }

  /** Whether `current` points to the installation's release, and that is there. */
  async isCurrent({ path, releaseDir }: Installation): Promise<boolean> {
    const target = await readlink(join(this.real(path), CURRENT)).catch(() => null)
    return target === relative(path, releaseDir) && (await isDirectory(this.real(releaseDir)))
  }

  /** Why `current` cannot be switched here; null when it can. */
  async linkObstacle(path: string): Promise<string | null> {
    const current = join(this.real(path), CURRENT)
    const found = await lstat(current).catch(() => null)
    return found && !found.isSymbolicLink() ? `${current} is not a symbolic link, and is left as it is` : null
  }

  /** Points `current` to a release, or to nothing. Whoever reads it sees the old target or the new one. */
  async link(path: string, to: Installation | null): Promise<void> {
    const dir = this.real(path)
    const obstacle = await this.linkObstacle(path)
    if (obstacle) throw new Error(obstacle)
    if (to) {
      await rm(join(dir, STAGED_LINK), { force: true })
      await symlink(relative(path, to.releaseDir), join(dir, STAGED_LINK))
      await rename(join(dir, STAGED_LINK), join(dir, CURRENT))
      await this.#date(to)
    } else {
      await unlink(join(dir, CURRENT)).catch(ignoreMissing)
    }
    if (await isDirectory(dir)) await syncDirectory(dir)
  }

  /** A directory's date says when it was last put to use; what is used later has a later one, also within a millisecond. */
  async #date({ releaseDir, cmdDir }: Installation): Promise<void> {
    this.#lastUsedMs = Math.max(Date.now(), this.#lastUsedMs + 1)
    const used = new Date(this.#lastUsedMs)
    for (const dir of [releaseDir, cmdDir]) if (dir && (await isDirectory(this.real(dir)))) await utimes(this.real(dir), used, used)
  }

  /** Removes an installation's directories, but for those that `kept` has too. */
  async discard({ releaseDir, cmdDir }: Installation, kept: Installation): Promise<void> {
    const dirs = [releaseDir, cmdDir].filter((dir) => dir !== null && dir !== kept.releaseDir && dir !== kept.cmdDir)
    for (const dir of dirs) await this.#remove(this.real(dir!))
  }

  async #remove(dir: string): Promise<void> {
    await rm(dir, { recursive: true, force: true })
    await this.#manifests.forget(dir)
  }

  /** Removes all but the `keep` releases and cmd packages that were used last, and never one of `pinned`. */
  async prune(path: string, keep: number, pinned: Installation[]): Promise<void> {
    const needed = pinned.flatMap(({ releaseDir, cmdDir }) => [releaseDir, cmdDir ?? '']).map((dir) => basename(dir))
    // what is still being unpacked is needed as well
    const inUse = new Set(needed.flatMap((name) => [name, UNFINISHED_PREFIX + name]))
    for (const kind of ['releases', 'cmd']) {
      const dir = join(this.real(path), kind)
      const dated = await Promise.all((await namesIn(dir)).map(async (name) => ({ name, usedMs: (await stat(join(dir, name))).mtimeMs })))
      const old = dated.sort((a, b) => b.usedMs - a.usedMs).slice(keep)
      for (const { name } of old.filter(({ name }) => !inUse.has(name))) await this.#remove(join(dir, name))
    }
  }
}

async function isDirectory(dir: string): Promise<boolean> {
  return (await stat(dir).catch(() => null))?.isDirectory() ?? false
}

async function namesIn(dir: string): Promise<string[]> {
  return await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
