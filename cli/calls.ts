/** How a client calls the HTTP API: every call goes through the one transport, and an answer that cannot be read is none. */
import createClient from 'openapi-fetch'
import type { paths } from '../shared/client/api.ts'
import { Transport } from './transport.ts'
import type { Endpoint } from './transport.ts'
import { unreachable } from './unreachable.ts'

export const REQUEST_TIMEOUT_MS = 30_000
export const UPLOAD_TIMEOUT_MS = 3_600_000

export class Calls {
  readonly url: string
  /** One function for each operation of the API. */
  readonly api: ReturnType<typeof createClient<paths>>
  readonly #transport: Transport
  readonly #signal: AbortSignal

  /** `signal` aborts what is under way. */
  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.url = endpoint.url.replace(/\/+$/, '')
    this.#transport = new Transport(endpoint)
    this.#signal = signal
    this.api = createClient<paths>({ baseUrl: this.url, fetch: (request) => this.#json(request) })
  }

  /** What an answer holds; one that is no success has been thrown already. */
  async data<T>(answer: Promise<{ data?: T }>): Promise<T> {
    const { data } = await answer.catch((error: unknown) => {
      throw error instanceof SyntaxError ? unreachable(this.url, error) : error
    })
    if (data === undefined) throw unreachable(this.url, new Error('an answer without a body'))
    return data
  }

  async upload<T>(method: 'POST' | 'PATCH', path: string, headers: Record<string, string>, body: Blob): Promise<{ data: T }> {
    const sending = { method, headers, body, signal: this.#signal, timeoutMs: UPLOAD_TIMEOUT_MS }
    const response = await this.#transport.send(this.url + path, sending)
    return { data: await response.json() as T }
  }

  async stream(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#transport.send(this.url + path, { method: 'GET', headers, signal, timeoutMs: null })
    if (response.body === null) throw unreachable(this.url, new Error('an answer without a body'))
    return response.body
  }

  /** Bodies are small, and read so that they can be sent again. */
  async #json(request: Request): Promise<Response> {
    const body = request.body === null ? undefined : await request.text()
    const headers = Object.fromEntries(request.headers)
    return this.#transport.send(request.url, { method: request.method, headers, body, signal: this.#signal, timeoutMs: REQUEST_TIMEOUT_MS })
  }
}
