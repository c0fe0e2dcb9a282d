/** Which host a stream speaks for. Owns that a session never speaks for another one. */
import { NAME_PATTERN } from '../../../shared/ids.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { AgentCall } from './stream.ts'
import { sessionRefused } from './status.ts'

/**
 * @param claimed the host that the first frame names
 * @throws MusterError session_refused
 */
export function identify(call: AgentCall, claimed: string): HostName {
  if (!NAME_PATTERN.test(claimed)) {
    throw sessionRefused(`"${claimed.slice(0, 80)}" cannot name a host`, {
      field: 'host', expected: 'lower-case letters, digits, dots and dashes, at most 63',
    })
  }
  // A certificate speaks for the host that it names, and for no other.
  const certificate = call.getAuthContext().sslPeerCertificate
  if (certificate && certificate.subject.CN !== claimed) {
    const named = String(certificate.subject.CN)
    throw sessionRefused(`the certificate is for "${named}", and the agent calls itself "${claimed}"`, { field: 'host', expected: named })
  }
  return claimed
}
