/** The digests that senders of packages declare, RFC 9530. */
import type { IncomingHttpHeaders } from 'node:http'
import { problem } from '../../../shared/errors.ts'

/** Of this body, or of the whole that it is a part of. */
export type DigestHeader = 'Content-Digest' | 'Repr-Digest'

/** @returns SHA-256 in hex. @throws MusterError body_invalid where there is none */
export function digestIn(headers: IncomingHttpHeaders, name: DigestHeader): string {
  const match = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):/.exec(String(headers[name.toLowerCase()] ?? ''))
  if (match?.[1] !== undefined) return Buffer.from(match[1], 'base64').toString('hex')
  throw problem('body_invalid', 'the upload says no digest', { field: name, expected: 'sha-256=:<base64 of the SHA-256 of the package>:' })
}
