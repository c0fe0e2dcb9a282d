/**
 * A way into a namespace that is not its network: what runs outside of the lab reaches a port in it, and no shaped link is used for that. Half of it is this file as a program
 * inside, the other half the function below; they meet at a socket in the file system, which has no namespaces.
 *
 *   node doorway.ts SOCKET HOST PORT
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { program } from './program.ts'
import type { Host } from './lab.ts'

const OPEN = 'open'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path, host, port] = process.argv.slice(2)
  const server = createServer((from) => join(from, connect(Number(port), host)))
  server.listen(path, () => console.log(OPEN))
}

/** A port of the machine's own that leads to one of a host's. @param path a socket's, that is not there @returns as HOST:PORT, and what closes it */
export async function doorway(to: Host, port: number, path: string): Promise<{ address: string; close: () => void }> {
  await program(to, process.execPath, [fileURLToPath(import.meta.url), path, to.address, String(port)]).says(OPEN)
  const server: Server = createServer((from) => join(from, connect(path)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() }
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }
}
