/** Names a secret without giving it away: the same for all coordinators that have it, whatever their authorities are. */
import { hkdfSync } from 'node:crypto'

const FINGERPRINT_BYTES = 16

/** In hex. */
export function fingerprintOf(secret: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', secret, '', 'muster fingerprint', FINGERPRINT_BYTES)).toString('hex')
}
