/**
 * The files of a key directory. Owns that each of them is there whole or not at all, however many processes make it at once, that it lasts, and
 * that nobody but its owner reads it.
 */
import { randomUUID } from 'node:crypto'
import { chown, link, lstat, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../../../shared/directory.ts'
import { problem } from '../../../shared/errors.ts'

const OWNER_ONLY = 0o600
const OF_OTHERS = 0o077
/** Nothing that belongs here is longer; a chain of certificates is some 10 KB. */
const MAX_BYTES = 1024 * 1024

/** Null: there is none. @throws MusterError config_invalid: others can read it, or it cannot be read */
export async function readPrivate(file: string): Promise<string | null> {
  try {
    await refuseOpenToOthers(file, '600')
    if ((await stat(file)).size > MAX_BYTES) throw problem('config_invalid', `${file} is too long`, { field: file, expected: 'keys and certificates' })
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    if (code === undefined) throw error
    throw problem('config_invalid', `${file} cannot be read: ${message}`, { field: file, expected: 'a file that this account may read' })
  }
}

/** @param right the mode that it should have @throws MusterError config_invalid */
export async function refuseOpenToOthers(path: string, right: '600' | '700'): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & OF_OTHERS) === 0) return
  throw problem('config_invalid', `${path} is open to others: its mode is ${(mode & 0o777).toString(8)}`, { field: path, expected: `chmod ${right} ${path}` })
}

/** Makes a file that is not there yet. False, and nothing changes, when there is one: of several makers one wins. */
export async function makeWhole(file: string, text: string): Promise<boolean> {
  const draft = await written(file, text)
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(draft, { force: true })
    await syncDirectory(dirname(file))
  }
}

/** In place of what is there. */
export async function replaceWhole(file: string, text: string): Promise<void> {
  await rename(await written(file, text), file)
  await syncDirectory(dirname(file))
}

export async function removeFile(file: string): Promise<void> {
  await rm(file)
  await syncDirectory(dirname(file))
}

/** A draft beside it: begins with a dot, so that nobody takes it for a key. */
async function written(file: string, text: string): Promise<string> {
  const dir = dirname(file)
  const draft = `${dir}/.${randomUUID()}.new`
  const handle = await open(draft, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await giveToOwnerOf(dir, draft)
  return draft
}

/** Root may rotate keys for a coordinator of another account, which has to read them. */
async function giveToOwnerOf(dir: string, file: string): Promise<void> {
  const [{ uid, gid }, made] = [await stat(dir), await lstat(file)]
  if (made.uid === 0 && uid !== 0) await chown(file, uid, gid)
}
