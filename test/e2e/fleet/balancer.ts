/** A TCP balancer as it stands before coordinators: agents dial it, and it passes them on to whoever its own health checks say is there. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

export type Balancer = {
  /** HOST:PORT */
  address: string
  /** From now on everybody comes to this one, HOST:PORT; whoever is connected elsewhere is hung up on. */
  turnTo(address: string): void
  close(): void
}

export async function balancer(first: string): Promise<Balancer> {
  let target = first
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const [host, port] = [target.slice(0, target.lastIndexOf(':')), Number(target.slice(target.lastIndexOf(':') + 1))]
    const upstream = connect({ host, port })
    for (const end of [client, upstream]) {
      open.add(end)
      end.on('error', () => undefined)
      end.on('close', () => {
        open.delete(end)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const hangUp = () => [...open].forEach((end) => end.destroy())
  return {
    address: `127.0.0.1:${port}`,
    turnTo(address) {
      target = address
      hangUp()
    },
    close() {
      server.close()
      hangUp()
    },
  }
}
