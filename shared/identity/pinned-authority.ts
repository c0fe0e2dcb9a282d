/**
 * Finds the authority that a pin names among the certificates that a server shows. Owns that a server which cannot show it learns nothing: all that
 * is said to it is a TLS handshake, and whoever has a secret to send sends it over a second connection that is verified against what was found.
 */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import type { DetailedPeerCertificate } from 'node:tls'
import { problem } from '../errors.ts'
import { COORDINATOR_NAME } from './names.ts'
import { pinOfKey } from './pin.ts'
import type { Pin } from './pin.ts'
import { untimely } from './validity.ts'

const HANDSHAKE_WITHIN_MS = 10_000
/** A server that shows more certificates is not a coordinator. */
const MAX_CHAIN = 8
const HTTPS_PORT = 443

/**
 * @param url of a coordinator's HTTPS edge
 * @returns the authority's certificate, PEM
 * @throws MusterError certificate_refused: it shows another authority, or none; unavailable: it cannot be reached, or a clock is wrong
 */
export async function pinnedAuthority(url: string, pin: Pin, nowMs: number, signal?: AbortSignal): Promise<string> {
  const chain = await shownBy(url, signal)
  const authority = chain.find((certificate) => certificate.ca && pinOfKey(certificate.publicKey) === pin)
  const shown = chain.filter(({ ca }) => ca).map(({ publicKey }) => pinOfKey(publicKey))
  if (authority === undefined) {
    const instead = shown.length === 0 ? 'shows no authority' : `shows the authority ${shown.join(', ')}`
    throw problem('certificate_refused', `${url} ${instead}; that is not the one that was pinned`, { expected: pin })
  }
  const [leaf] = chain
  if (leaf === undefined || !leaf.checkIssued(authority) || !leaf.verify(authority.publicKey) || !isCoordinators(leaf)) {
    throw problem('certificate_refused', `${url} shows the pinned authority, and a certificate that this has not issued for a coordinator`, { expected: pin })
  }
  const late = untimely(leaf, `the coordinator's`, nowMs) ?? untimely(authority, `the authority's`, nowMs)
  if (late !== null) throw problem('unavailable', late)
  return authority.toString()
}

/** A machine may be called anything in its subject, which therefore says nothing. */
function isCoordinators(leaf: X509Certificate): boolean {
  return leaf.checkHost(COORDINATOR_NAME, { subject: 'never' }) !== undefined
}

/** The certificates that a server shows to whoever asks for a coordinator, its own first. Not one of them is verified. @throws MusterError unavailable */
export async function shownBy(url: string, signal?: AbortSignal): Promise<X509Certificate[]> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const socket = connect({ host, port: Number(port || HTTPS_PORT), servername: COORDINATOR_NAME, rejectUnauthorized: false })
  const deadline = AbortSignal.timeout(HANDSHAKE_WITHIN_MS)
  try {
    await once(socket, 'secureConnect', { signal: signal ? AbortSignal.any([signal, deadline]) : deadline })
    return chainOf(socket.getPeerCertificate(true))
  } catch (error) {
    signal?.throwIfAborted()
    const why = deadline.aborted ? `no TLS handshake within ${HANDSHAKE_WITHIN_MS / 1000} s` : reasonOf(error as NodeJS.ErrnoException)
    throw problem('unavailable', `${url} cannot be reached: ${why}`)
  } finally {
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

function chainOf(first: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = []
  const seen = new Set<DetailedPeerCertificate>()
  for (let next: DetailedPeerCertificate | undefined = first; next?.raw && !seen.has(next) && chain.length < MAX_CHAIN; next = next.issuerCertificate) {
    seen.add(next)
    chain.push(new X509Certificate(next.raw))
  }
  return chain
}

/** Several addresses of one name fail together, and that error says nothing itself. */
function reasonOf({ message, code }: NodeJS.ErrnoException): string {
  return message || code || 'the connection failed'
}
