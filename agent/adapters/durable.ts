/** Files that are on the disk when the promise resolves: after a power cut they are there, whole, or not there at all. */
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

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

/** Makes what was created, renamed or removed in a directory last. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Like `mkdir -p`; every directory that was made lasts. */
export async function makeDirectory(directory: string, mode = 0o755): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode })
  if (first === undefined) return
  for (let made = directory; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

/** Removes a file if it is there, for good. */
export async function removeDurably(file: string): Promise<void> {
  await rm(file, { force: true })
  await syncDirectory(join(file, '..'))
}
