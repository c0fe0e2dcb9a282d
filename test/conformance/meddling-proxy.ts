/** Stands between a client and Redis. Swallows an answer, so that what was done is not known; or holds a request back, so that others come first. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

export type MeddlingProxy = {
  url: string
  /** Hangs up instead of answering the next thing that contains `text`. */
  swallowAnswerTo(text: string): void
  /** How many answers it has swallowed. */
  swallowed(): number
  /** Holds back the next thing that contains `text`, and what follows it. */
  hold(text: string): Hold
  close(): void
}

/** `held` resolves once there is something to release. */
export type Hold = { held: Promise<void>; release: () => void }

/** @param socket of the real server @param path where the proxy listens */
export async function meddlingProxy(socket: string, path: string): Promise<MeddlingProxy> {
  let unwanted: string | null = null
  let swallowed = 0
  let holding: { text: string; caught: () => void; released: Promise<void> } | null = null
  const open = new Set<Socket>()

  const proxy = createServer((client) => {
    const server = connect(socket)
    let isDue = false
    let sent: Promise<void> = Promise.resolve()
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
      if (unwanted !== null && data.includes(unwanted)) {
        isDue = true
        unwanted = null
      }
      if (holding !== null && data.includes(holding.text)) {
        const { caught, released } = holding
        holding = null
        caught()
        sent = sent.then(() => released)
      }
      sent = sent.then(() => void server.write(data))
    })
    server.on('data', (data) => {
      if (!isDue) return client.write(data)
      swallowed++
      return client.destroy()
    })
  })
  proxy.listen(path)
  await once(proxy, 'listening')
  return {
    url: path,
    swallowAnswerTo: (text) => (unwanted = text),
    swallowed: () => swallowed,
    hold(text) {
      const held = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      holding = { text, caught: held.resolve, released: released.promise }
      return { held: held.promise, release: released.resolve }
    },
    close() {
      proxy.close()
      for (const end of open) end.destroy()
    },
  }
}
