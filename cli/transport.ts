/**
 * Requests on their way to a coordinator. Owns that a request which changes something is carried out once, however often it is sent: all sendings of
 * one carry one idempotency key, so a connection that breaks half-way is no reason to give up, nor to ask a person.
 */
import { randomUUID } from 'node:crypto'
import { Agent, fetch } from 'undici'
import { COORDINATOR_NAME } from '../shared/identity/names.ts'
import { backOff } from './back-off.ts'
import { Refusal, toRefusal } from './refusal.ts'
import { codeOf, isBroken, unreachable } from './unreachable.ts'

/** Of a request whose connection broke; some six seconds in all, in which a coordinator is back or another has taken over. */
export const MAX_RESENDINGS = 5

/** `ca`: PEM of Muster's authorities; null where the certificate is one that everybody trusts. */
export type Endpoint = { url: string; token: string | null; ca: string | null }
/** `timeoutMs` null: for as long as the signal lets it. */
export type Sending = { method: string; headers: Record<string, string>; body?: string | Blob | undefined; signal: AbortSignal; timeoutMs: number | null }

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD'])

export class Transport {
  readonly #endpoint: Endpoint
  readonly #connections: Agent

  /** A coordinator that has a certificate of Muster's own is asked for by its name there: by which address it is reached does not matter. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.#connections = new Agent(endpoint.ca === null ? {} : { connect: { ca: endpoint.ca, servername: COORDINATOR_NAME } })
  }

  /** @throws Refusal, MusterError unavailable or certificate_refused, or what the signal aborts with */
  async send(url: string, { method, headers, body, signal, timeoutMs }: Sending): Promise<Response> {
    const { token } = this.#endpoint
    const once = SAFE.has(method) ? {} : { 'idempotency-key': randomUUID() }
    const bearer = token === null ? {} : { authorization: `Bearer ${token}` }
    // No coordinator sends anybody elsewhere, and what is asked is for this one alone.
    const init = {
      method, headers: { ...headers, ...once, ...bearer }, ...(body === undefined ? {} : { body }), dispatcher: this.#connections, redirect: 'manual' as const,
    }
    for (let sendings = 0; ; sendings++) {
      const last = SAFE.has(method) || sendings >= MAX_RESENDINGS
      try {
        const response = await fetch(url, { ...init, signal: timeoutMs === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
        if (response.ok) return response
        throw inWords(await toRefusal(response), token)
      } catch (error) {
        if (last || !mayBeUnderWay(error, sendings)) throw error instanceof Refusal ? error : unreachable(url, error)
      }
      await backOff(sendings, signal)
    }
  }
}

/** Whether an earlier sending may have arrived, whose answer the next one may bring. */
function mayBeUnderWay(error: unknown, before: number): boolean {
  if (error instanceof Refusal) return before > 0 && error.problem.code === 'idempotency_in_progress'
  return isBroken(error) || (before > 0 && codeOf(error) === 'ECONNREFUSED')
}

/** What of a token is wrong only the coordinator's log says; what to do about it is the same. */
function inWords(refusal: Refusal, token: string | null): Refusal {
  if (refusal.problem.code !== 'token_invalid') return refusal
  const message = token === null
    ? 'the coordinator wants to know who you are'
    : 'your token is not good: it has expired, was revoked, or is for another coordinator'
  return new Refusal(refusal.status, { code: 'token_invalid', message, field: 'token', expected: 'muster login URL, with a token of muster token create' })
}
