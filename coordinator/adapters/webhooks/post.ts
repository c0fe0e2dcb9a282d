/**
 * One message to one receiver, signed as Standard Webhooks 1.0 says. Follows no redirect, waits only so long, and reads only the beginning of an
 * answer: a receiver is a stranger.
 */
import { createHmac } from 'node:crypto'
import type { Try } from '../../engine/ports/webhooks.ts'

export const ANSWER_WITHIN_MS = 10_000
export const MAX_ANSWER_BYTES = 4096
const MAX_ERROR_CHARS = 200

export const SECRET_PREFIX = 'whsec_'

export type Message = { id: string; body: string }

/** Never rejects. @param secret `whsec_` and base64 */
export async function post(url: string, secret: string, { id, body }: Message, signal: AbortSignal, now: () => number): Promise<Try> {
  const atMs = now()
  const timestamp = String(Math.floor(atMs / 1000))
  const headers = {
    'content-type': 'application/json', 'user-agent': 'Muster',
    'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature(secret, `${id}.${timestamp}.${body}`),
  }
  const tried = (status: number | null, error: string | null): Try => ({ atMs, tookMs: Math.max(0, now() - atMs), status, error })
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: within })
    const text = await beginningOf(response)
    return response.ok ? tried(response.status, null) : tried(response.status, `answered ${response.status}${text === '' ? '' : `: ${text}`}`)
  } catch (error) {
    return tried(null, reasonOf(error))
  }
}

function signature(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}

/** Leaving the loop lets go of the rest. */
async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes >= MAX_ANSWER_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8').replace(/\s+/g, ' ').trim().slice(0, MAX_ERROR_CHARS)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS / 1000} s`
  const cause = error.cause instanceof AggregateError ? (error.cause.errors[0] as Error) : error.cause
  return (cause instanceof Error ? cause.message : error.message).slice(0, MAX_ERROR_CHARS)
}
