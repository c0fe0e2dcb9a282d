/** Why a coordinator cannot be reached, in words: what Node says of a connection or a certificate is for people who write in C. */
import { problem } from '../shared/errors.ts'

/** A connection that was there and broke. One that was refused at once has carried nothing anywhere. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
/** An answer in the clear to somebody who speaks TLS. */
const NO_TLS: ReadonlySet<string> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST'])

const OF_CERTIFICATES: Record<string, string> = {
  CERT_HAS_EXPIRED: 'has expired, by the clock of this machine',
  CERT_NOT_YET_VALID: 'is not valid yet, by the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by nobody that is trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'comes from an authority that is not trusted here',
  CERT_SIGNATURE_FAILURE: 'comes from an authority that is not trusted here',
}

/** @returns MusterError certificate_refused or unavailable, to be thrown */
export function unreachable(url: string, error: unknown): Error {
  const { origin, host, protocol } = new URL(url)
  const code = codeOf(error)
  const flaw = OF_CERTIFICATES[code]
  if (flaw !== undefined) {
    return problem('certificate_refused', `${origin} is not asked: its certificate ${flaw}`, {
      field: '--url', expected: `a coordinator that you trust: muster login ${origin} --ca-pin sha256:…, with the pin that its administrator gives you`,
    })
  }
  const expected = NO_TLS.has(code) ? `the address at which the coordinator serves HTTPS (its --http): no TLS is spoken at ${host}`
    : protocol === 'http:' && isBroken(error) ? `https://${host}, when TLS is spoken there`
      : 'the address of a running coordinator; muster dev starts one on this machine'
  return problem('unavailable', `cannot reach the coordinator at ${origin}: ${reasonOf(error)}`, { field: '--url', expected })
}

export function isBroken(error: unknown): boolean {
  return BROKEN.has(codeOf(error))
}

/** Whether a certificate was not to be trusted. */
export function isUntrusted(error: unknown): boolean {
  return OF_CERTIFICATES[codeOf(error)] !== undefined
}

/** Of the innermost cause; empty without one. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const cause = causeOf(error)
  return cause === null ? String((error as NodeJS.ErrnoException).code ?? '') : codeOf(cause)
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  if (NO_TLS.has(codeOf(error))) return 'its answer is not TLS'
  const cause = causeOf(error)
  return cause === null ? error.message : reasonOf(cause)
}

function causeOf({ cause }: Error): Error | null {
  if (cause instanceof AggregateError) return cause.errors[0] as Error
  return cause instanceof Error ? cause : null
}
