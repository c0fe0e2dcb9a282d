/** The two questions that a machine asks a coordinator over HTTPS: to be let in, and to have its certificate renewed. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { enrolledSchema } from '../api/identity.ts'
import type { EnrolledView, EnrolRequest, RenewRequest } from '../api/identity.ts'
import { problemSchema } from '../api/problem.ts'
import { ERRORS, MusterError, problem } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { certificatesIn } from '../identity/pem.ts'
import { COORDINATOR_NAME } from '../identity/names.ts'
import { withTimes } from './clock.ts'
import { isUnverified } from './unverified.ts'

const OK = 200
const ANSWER_WITHIN_MS = 20_000
/** Of an answer: certificates are some hundred bytes each. */
const MAX_ANSWER_CHARS = 256 * 1024

/** Certificates in PEM; `grpc`: HOST:PORT where sessions are had. */
export type Issued = EnrolledView

type Questions = { enrol: EnrolRequest; renew: RenewRequest }

/** @param authorities PEM, one of which must have issued the coordinator's certificate
 * @throws MusterError what the coordinator refuses with; unavailable: it cannot be reached, or answers nothing that can be used */
export async function ask<K extends keyof Questions>(what: K, url: string, authorities: string, question: Questions[K], signal: AbortSignal): Promise<Issued> {
  const target = new URL(`/v1/identity/${what}`, url)
  const ca = certificatesIn(authorities).map((certificate) => certificate.toString())
  try {
    const { status, text } = await post(target, ca, JSON.stringify(question), AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]))
    if (status !== OK) throw refusal(target, status, text)
    return usable(target, text)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof MusterError) throw error
    throw await unanswered(url, error as Error, signal)
  }
}

async function post(target: URL, ca: string[], body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const sent = request(target, { method: 'POST', headers, ca, allowPartialTrustChain: true, servername: COORDINATOR_NAME, agent: false, signal })
  sent.on('error', () => undefined)
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    if (text.length > MAX_ANSWER_CHARS) throw problem('unavailable', `${target.href} answers with more than ${MAX_ANSWER_CHARS} characters`)
  }
  return { status: response.statusCode ?? 0, text }
}

function usable(target: URL, text: string): Issued {
  const parsed = enrolledSchema.safeParse(jsonOrNull(text))
  if (parsed.success) return parsed.data
  throw problem('unavailable', `${target.href} answered with something else than a certificate`)
}

function refusal(target: URL, status: number, text: string): Error {
  const parsed = problemSchema.safeParse(jsonOrNull(text))
  if (!parsed.success || !(parsed.data.error.code in ERRORS)) return problem('unavailable', `${target.href} answered ${status}`)
  const { code, message, field, expected } = parsed.data.error
  return problem(code as ErrorCode, message, { ...(field === undefined ? {} : { field }), ...(expected === undefined ? {} : { expected }) })
}

async function unanswered(url: string, error: Error, signal: AbortSignal): Promise<MusterError> {
  const { message, code } = (error.cause ?? error) as NodeJS.ErrnoException
  const reason = message || code || error.message
  const expected = 'the authority that this host has joined with'
  if (isUnverified(error)) return problem('certificate_refused', `${url} shows a certificate of an authority that is not known here: ${reason}`, { expected })
  return problem('unavailable', `${url} cannot be reached: ${await withTimes(reason, url, signal)}`)
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
