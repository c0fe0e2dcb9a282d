/** Directories that last: after a power cut they are there. */
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Like `mkdir -p`; every directory that was made is on the disk, and the last one has `mode`. Node's own recursive `mkdir` never returns
 * where a file system answers ENOENT below a directory that is there, as /proc does.
 * @throws the file system's error
 */
export async function makeDirectory(directory: string, mode = 0o755): Promise<void> {
  let failed = await attempt(directory, mode)
  if (failed?.code === 'ENOENT' && dirname(directory) !== directory) {
    await makeDirectory(dirname(directory))
    failed = await attempt(directory, mode)
  }
  if (failed?.code === 'EEXIST' && (await stat(directory)).isDirectory()) return
  if (failed !== null) throw failed
  await syncDirectory(dirname(directory))
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

async function attempt(directory: string, mode: number): Promise<NodeJS.ErrnoException | null> {
  try {
    await mkdir(directory, { mode })
    return null
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}
