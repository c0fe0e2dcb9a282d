/** Files that are on the disk when the promise resolves: after a power cut they are there, whole, or not there at all. */
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from './directory.ts'

/** Replaces `file` in one rename. A crash leaves the old content or the new one. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const staged = `${file}.new`
  const handle = await open(staged, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(staged, file)
  await syncDirectory(dirname(file))
}

/** Removes a file if it is there, for good. */
export async function removeDurably(file: string): Promise<void> {
  await rm(file, { force: true })
  await syncDirectory(join(file, '..'))
}
