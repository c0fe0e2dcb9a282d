/**
 * One daemon of a kind per data directory. The lock is a listening socket in the kernel's abstract namespace, named by the directory's inode: it ends
 * with the process, however that dies, so there is nothing stale to be judged. A pid file would need that judgement.
 */
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { problem } from './errors.ts'

/** Held until the process ends. @throws MusterError config_invalid while another daemon of this kind holds it */
export async function lockDirectory(kind: 'agent' | 'coordinator' | 'relay', dir: string): Promise<void> {
  const { dev, ino } = await stat(dir)
  const server = createServer((socket) => socket.destroy())
  server.unref()
  try {
    await once(server.listen(`\0muster-${kind}/${dev}/${ino}`), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw problem('config_invalid', `another ${kind} runs on ${dir}`, { field: 'data-dir', expected: `a directory of its own for each ${kind}` })
  }
}
