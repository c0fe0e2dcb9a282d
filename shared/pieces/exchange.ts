/**
 * One question over HTTPS to another machine. Owns that it comes to an end whatever the other side does: nobody there, silence, too much, a connection
 * that breaks. Never throws for any of it.
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { isUnverified } from '../machine/unverified.ts'
import { LEFT_OPEN } from './arrival.ts'
import { Body } from './body.ts'
import { GivenUp } from './failure.ts'
import type { Failure } from './failure.ts'
import type { Dialer, Expected } from './tls.ts'

/** Who is asked: `https://HOST:PORT`, and who must answer there. */
export type Where = { url: string; expected: Expected }

export type Failed = { kind: 'failed'; why: Failure; message: string }

export type Exchange = {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string | typeof LEFT_OPEN
  signal: AbortSignal
  /** Until the connection is there. */
  connectMs?: number
  /** Without a byte. */
  stallMs?: number
  /** How long an answer with this head may be; null: it is nonsense. */
  limitBytes: (status: number, headers: IncomingHttpHeaders) => number | null
  onBytes?: (chunk: Buffer) => void
}

export type Answered = { kind: 'answered'; status: number; headers: IncomingHttpHeaders; body: Buffer }

/** A dead peer is noticed within a second or two. */
export const CONNECT_MS = 1000
export const STALL_MS = 1000

export async function exchange(dialer: Dialer, where: Where, asked: Exchange): Promise<Answered | Failed> {
  const first = await once(dialer, where, asked)
  // the other side may have hung up on a connection that was kept just as it was used again
  return first.isStale ? (await once(dialer, where, asked)).outcome : first.outcome
}

/** `isStale`: a connection that was kept broke before it brought anything. */
async function once(dialer: Dialer, where: Where, asked: Exchange): Promise<{ outcome: Answered | Failed; isStale: boolean }> {
  const options = dialer.options(where.expected)
  if (options === null) return failed('unreachable', 'this machine has no certificate yet')
  if (asked.signal.aborted) return failed('ended', 'given up')
  const { connectMs = CONNECT_MS, stallMs = STALL_MS, signal, method, path } = asked
  // where a host is to be found it says itself, and nobody else has looked at that
  const url = URL.parse(path, where.url)
  if (url === null) return failed('unreachable', `${where.url} is not where anybody could be`)
  const sent = request(url, { ...options, method, headers: headersOf(asked) })
  let given: GivenUp | null = null
  const giveUp = (why: Failure, message: string): void => {
    given ??= new GivenUp(why, message)
    // not with the error: a connection that has just become free again has nobody who listens for one
    sent.destroy()
  }
  let timer = setTimeout(giveUp, connectMs, 'unreachable', `no connection within ${connectMs} ms`)
  let stage: 'dialling' | 'asking' | 'hearing' = 'dialling'
  let body: Body | null = null
  const end = (): void => {
    if (body === null || !body.leave(stallMs)) giveUp('ended', 'given up')
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    whenConnected(sent, () => {
      clearTimeout(timer)
      timer = setTimeout(giveUp, stallMs, 'stalled', `nothing came for ${stallMs} ms`)
      stage = 'asking'
    })
    if (asked.body === LEFT_OPEN) sent.flushHeaders()
    else sent.end(asked.body)
    const response = await responseOf(sent)
    stage = 'hearing'
    body = new Body(response, asked.limitBytes(response.statusCode ?? 0, response.headers), (chunk) => {
      timer.refresh()
      if (body!.isAlmostHere) endOnce(sent)
      asked.onBytes?.(chunk)
    })
    if (body.isAlmostHere) endOnce(sent)
    timer.refresh()
    const bytes = await body.whole
    if (given !== null) throw given as GivenUp
    return { outcome: { kind: 'answered', status: response.statusCode ?? 0, headers: response.headers, body: bytes }, isStale: false }
  } catch (error) {
    return { outcome: failureOf(given ?? error as Error, stage !== 'dialling'), isStale: sent.reusedSocket && stage !== 'hearing' && given === null }
  } finally {
    endOnce(sent)
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

function headersOf({ headers, body }: Exchange): Record<string, string> {
  if (body === LEFT_OPEN) return { ...headers, 'transfer-encoding': 'chunked' }
  return body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) }
}

function endOnce(sent: ClientRequest): void {
  if (!sent.writableEnded && !sent.destroyed) sent.end()
}

function whenConnected(sent: ClientRequest, connected: () => void): void {
  sent.once('socket', (socket) => sent.reusedSocket ? connected() : socket.once('secureConnect', connected))
}

function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.on('error', reject)
  })
}

function failed(why: Failure, message: string): { outcome: Failed; isStale: boolean } {
  return { outcome: { kind: 'failed', why, message }, isStale: false }
}

function failureOf(error: Error, wasConnected: boolean): Failed {
  const { message, code } = error as NodeJS.ErrnoException
  if (error instanceof GivenUp) return { kind: 'failed', why: error.why, message }
  if (isUnverified(error)) return { kind: 'failed', why: 'unverified', message }
  return { kind: 'failed', why: wasConnected ? 'broken' : 'unreachable', message: message || code || 'the connection failed' }
}
