/**
 * Objects as files, in a directory that several coordinators may share. A file is written apart, synced, and renamed to its name, so that it is there whole or
 * not at all; its directory is synced before anybody is told.
 */
import { randomUUID } from 'node:crypto'
import { opendir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { makeDirectory, syncDirectory } from '../../../../shared/directory.ts'
import { problem } from '../../../../shared/errors.ts'
import { checkedFolder, checkedKey } from './object-store.ts'
import type { ObjectInfo, ObjectStore } from './object-store.ts'

/** Where files are written before they have their name. */
const UNFINISHED = 'unfinished'
/** Nobody writes a file for so long: what is older was left behind in a crash. */
const UNFINISHED_FOR_MS = 24 * 3_600_000

export async function openFileObjects(root: string): Promise<FileObjects> {
  await makeDirectory(join(root, UNFINISHED))
  const objects = new FileObjects(root)
  await objects.forgetUnfinished(Date.now())
  return objects
}

export class FileObjects implements ObjectStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key)
    const unfinished = join(this.#root, UNFINISHED, randomUUID())
    try {
      await writeFile(unfinished, bytes, { flag: 'wx', flush: true })
      await makeDirectory(dirname(path))
      await rename(unfinished, path)
      await syncDirectory(dirname(path))
    } catch (error) {
      await rm(unfinished, { force: true })
      throw ofDisk(error)
    }
  }

  async get(key: string): Promise<Buffer | null> {
    return ifThere(readFile(this.#path(key)))
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    const found = await ifThere(stat(this.#path(key)))
    return found === null ? null : { key, sizeBytes: found.size, changedAtMs: found.mtimeMs }
  }

  async touch(key: string): Promise<boolean> {
    const now = new Date()
    return (await ifThere(utimes(this.#path(key), now, now).then(() => true))) ?? false
  }

  async *list(folder: string): AsyncGenerator<ObjectInfo> {
    const directory = await ifThere(opendir(join(this.#root, checkedFolder(folder)), { recursive: true }))
    if (directory === null) return
    for await (const item of directory) {
      if (!item.isFile()) continue
      const info = await this.stat(relative(this.#root, join(item.parentPath, item.name)).replaceAll(sep, '/'))
      if (info !== null) yield info
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true })
  }

  async forgetUnfinished(nowMs: number): Promise<void> {
    for await (const { name } of await opendir(join(this.#root, UNFINISHED))) {
      const path = join(this.#root, UNFINISHED, name)
      const found = await ifThere(stat(path))
      if (found !== null && nowMs - found.mtimeMs > UNFINISHED_FOR_MS) await rm(path, { force: true })
    }
  }

  #path(key: string): string {
    return join(this.#root, checkedKey(key))
  }
}

export async function ifThere<T>(file: Promise<T>): Promise<T | null> {
  try {
    return await file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** A full disk is nobody's package's fault. */
export function ofDisk(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return problem('unavailable', 'the coordinator’s disk is full', { expected: 'free space in its data directory, and where artifacts are kept' })
}
