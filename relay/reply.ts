/** How a relay answers: with bytes, or with why there are none. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RETRY_HEADER } from '../shared/distribution/protocol.ts'
import { ERRORS, problem } from '../shared/errors.ts'
import type { ErrorKind, MusterError } from '../shared/errors.ts'

const STATUS: Record<ErrorKind, number> = {
  invalid: 400, unauthenticated: 401, forbidden: 403, 'not-found': 404, conflict: 409, refused: 422, 'too-large': 413, 'too-many': 429, unavailable: 503,
  internal: 500,
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers }).end(text)
}

export function refuse(response: ServerResponse, { problem: error }: MusterError): void {
  json(response, STATUS[ERRORS[error.code]], { error })
}

export function busy(response: ServerResponse, retryMs: number): void {
  response.writeHead(503, { [RETRY_HEADER]: String(Math.round(retryMs)), 'content-length': 0 }).end()
}

export function missing(response: ServerResponse): void {
  response.writeHead(404, { 'content-length': 0 }).end()
}

/** @throws MusterError body_too_large; Error when the connection ends before the body does */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw problem('body_too_large', `more than ${maxBytes} bytes`, { expected: `at most ${maxBytes} bytes` })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes).toString('utf8')
}

/** @throws MusterError body_invalid */
export async function jsonOf(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const text = await bodyOf(request, maxBytes)
  try {
    return JSON.parse(text)
  } catch {
    throw problem('body_invalid', 'the body is not JSON', { expected: 'JSON' })
  }
}
