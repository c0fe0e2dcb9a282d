/** A real HTTP server that receives webhooks, checks their signatures with the reference implementation, and answers as a test says. */
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type Received = { headers: IncomingHttpHeaders; body: string; path: string }

export type Receiver = AsyncDisposable & { url: string; received: Received[]; answer: (response: ServerResponse, nth: number) => void; until(count: number): Promise<void> }

export async function receiver(): Promise<Receiver> {
  const events = new EventEmitter()
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      self.received.push({ headers: request.headers, body, path: request.url ?? '' })
      self.answer(response, self.received.length)
      events.emit('received')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const self: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    answer: (response) => void response.writeHead(204).end(),
    async until(count) {
      while (self.received.length < count) await once(events, 'received')
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return self
}
