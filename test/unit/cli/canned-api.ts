/** A real HTTP or HTTPS server that gives canned answers, and remembers what it was asked. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export type Asked = { method: string; path: string; query: Record<string, string>; headers: IncomingHttpHeaders; body: Buffer }
/** Data is sent as JSON with 200; a function may do as it likes. */
export type Handler = (asked: Asked, response: ServerResponse) => object | void | Promise<object | void>
export type Answer = object | Handler
export type Routes = Record<string, Answer>

export type CannedApi = AsyncDisposable & { url: string; asked: Asked[] }

/** PEM. */
export type Tls = { key: string; cert: string }

export async function cannedApi(routes: Routes, tls: Tls | null = null): Promise<CannedApi> {
  const asked: Asked[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const ask = {
      method: request.method ?? '', path: pathname, query: Object.fromEntries(searchParams), headers: request.headers, body: await buffer(request),
    }
    asked.push(ask)
    const route = routes[`${ask.method} ${ask.path}`]
    if (route === undefined) return refuse(response, 404, { code: 'route_unknown', message: `there is no ${ask.method} ${ask.path}` })
    const data = typeof route === 'function' ? await route(ask, response) : route
    if (data !== undefined) sendJson(response, 200, data)
  }
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: Error) => response.destroy(error))
  }
  const server = tls === null ? createServer(onRequest) : createTlsServer(tls, onRequest)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function sendJson(response: ServerResponse, status: number, data: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data))
}

export function refuse(response: ServerResponse, status: number, error: object): void {
  sendJson(response, status, { error })
}

/** One event in the form in which the coordinator sends them. */
export function sseEvent(id: string, event: string, data: object): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

export const SSE_END = 'event: end\ndata: {}\n\n'

export function startSse(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}
