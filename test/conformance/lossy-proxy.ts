/** Stands between a client and Redis, and when told to swallows one answer and hangs up: what was asked has been done, and nobody knows. */
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'

export type LossyProxy = {
  url: string
  /** The answer to the next thing that contains `text`. */
  swallowAnswerTo(text: string): void
  /** How many answers it has swallowed. */
  swallowed(): number
  close(): void
}

/** @param socket of the real server @param path where the proxy listens */
export async function lossyProxy(socket: string, path: string): Promise<LossyProxy> {
  let wanted: string | null = null
  let isDue = false
  let swallowed = 0
  const open = new Set<Socket>()
  const proxy = createServer((client) => {
    const server = connect(socket)
    for (const end of [client, server]) {
      open.add(end)
      end.on('error', () => undefined)
      end.on('close', () => {
        open.delete(end)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (data) => {
      if (wanted !== null && data.includes(wanted)) {
        isDue = true
        wanted = null
      }
      server.write(data)
    })
    server.on('data', (data) => {
      if (!isDue) return client.write(data)
      isDue = false
      swallowed++
      return client.destroy()
    })
  })
  proxy.listen(path)
  await once(proxy, 'listening')
  return {
    url: path,
    swallowAnswerTo: (text) => (wanted = text),
    swallowed: () => swallowed,
    close() {
      proxy.close()
      for (const end of open) end.destroy()
    },
  }
}
