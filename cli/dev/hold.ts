/** Names that one process of this machine holds at a time: a socket that the kernel takes away with the process, however it ends, so nothing stale is left. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Server } from 'node:net'

/** Null: another process holds it. Closing it lets go of the name. */
export async function hold(name: string): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy()).unref()
  try {
    await once(server.listen(`\0${name}`), 'listening')
    return server
  } catch {
    return null
  }
}
