/**
 * Requests on their way to a coordinator. Owns that a request which changes something is carried out once, however often it is sent: all sendings of
 * one carry one idempotency key, so a connection that breaks half-way is no reason to give up, nor to ask a person.
 */
import { randomUUID } from 'node:crypto'
import { problem } from '../shared/errors.ts'
import { backOff } from './back-off.ts'
import { Refusal, toRefusal } from './refusal.ts'

/** Of a request whose connection broke; some six seconds in all, in which a coordinator is back or another has taken over. */
export const MAX_RESENDINGS = 5

export type Sending = { method: string; headers: Record<string, string>; body?: string | Blob | undefined; signal: AbortSignal; timeoutMs: number | null }

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD'])
/** A connection that was there and broke. One that was refused at once has carried nothing anywhere. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** @throws Refusal, MusterError unavailable, or what the signal aborts with */
export async function send(url: string, { method, headers, body, signal, timeoutMs }: Sending): Promise<Response> {
  const once = SAFE.has(method) ? {} : { 'idempotency-key': randomUUID() }
  const init = { method, headers: { ...headers, ...once }, ...(body === undefined ? {} : { body }) }
  for (let sendings = 0; ; sendings++) {
    const last = SAFE.has(method) || sendings >= MAX_RESENDINGS
    try {
      const response = await fetch(url, { ...init, signal: timeoutMs === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
      if (response.ok) return response
      throw await toRefusal(response)
    } catch (error) {
      if (last || !mayBeUnderWay(error, sendings)) throw error instanceof Refusal ? error : unreachable(url, error)
    }
    await backOff(sendings, signal)
  }
}

/** Whether an earlier sending may have arrived, whose answer the next one may bring. */
function mayBeUnderWay(error: unknown, before: number): boolean {
  if (error instanceof Refusal) return before > 0 && error.problem.code === 'idempotency_in_progress'
  const code = codeOf(error)
  return BROKEN.has(code) || (before > 0 && code === 'ECONNREFUSED')
}

export function unreachable(url: string, error: unknown): Error {
  return problem('unavailable', `cannot reach the coordinator at ${new URL(url).origin}: ${reasonOf(error)}`, {
    field: '--url', expected: 'the address of a running coordinator; muster dev starts one on this machine',
  })
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const cause = causeOf(error)
  return cause === null ? error.message : reasonOf(cause)
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const cause = causeOf(error)
  return cause === null ? String((error as NodeJS.ErrnoException).code ?? '') : codeOf(cause)
}

function causeOf({ cause }: Error): Error | null {
  if (cause instanceof AggregateError) return cause.errors[0] as Error
  return cause instanceof Error ? cause : null
}
