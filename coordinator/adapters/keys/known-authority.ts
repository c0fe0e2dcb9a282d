/**
 * An authority as it lies in a PEM file: its certificate, its key where it can issue, and above it the authorities that it has its own certificate
 * from. Owns that what is read fits together.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { problem } from '../../../shared/errors.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import type { Pin } from '../../../shared/identity/pin.ts'
import { canIssue, isIssuedBy } from './certificates.ts'
import type { Issuer } from './certificates.ts'

/** More above an authority than anybody has. */
const MAX_ABOVE = 5

const EXPECTED = 'an authority in PEM: its certificate (CA:TRUE, keyCertSign), then those above it; ' +
  'an unencrypted key of it, ECDSA P-256 or P-384 or RSA of 2048 bits or more'

/** `key` null: it is trusted and cannot issue. `above`: from the next one to the root, as far as the file says. */
export type KnownAuthority = { pin: Pin; certificate: X509Certificate; key: KeyObject | null; above: readonly X509Certificate[] }
export type IssuingAuthority = KnownAuthority & Issuer

/** @param file that errors name; it may hold a key @throws MusterError config_invalid */
export function readAuthority(file: string, pem: string): KnownAuthority {
  const [certificate, ...above] = certificatesIn(file, pem)
  if (certificate === undefined) throw refuse(file, 'holds no certificate')
  refuseUnfit(file, certificate, above)
  const [keyPem, second] = pem.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/g) ?? []
  if (second !== undefined) throw refuse(file, 'holds several keys')
  return { pin: pinOfKey(certificate.publicKey), certificate, above, key: keyPem === undefined ? null : keyOf(file, keyPem, certificate) }
}

/** @param keyFile that errors name @throws MusterError config_invalid: unreadable, of another certificate, or of a kind that Muster does not sign with */
export function keyOf(keyFile: string, pem: string, certificate: X509Certificate): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw refuse(keyFile, pem.includes('ENCRYPTED') ? 'holds a key that is encrypted; Muster takes no passphrase' : 'holds a key that cannot be read')
  }
  if (!canIssue(key)) throw refuse(keyFile, `holds a key of a kind that authorities cannot have here (${kindOf(key)})`)
  if (!certificate.checkPrivateKey(key)) throw refuse(keyFile, 'holds the key of another certificate')
  return key
}

/** @throws MusterError config_invalid when it cannot issue: it has no key, or its time is over */
export function issuing(file: string, authority: KnownAuthority, nowMs: number): IssuingAuthority {
  const { key, certificate } = authority
  if (key === null) throw refuse(file, 'holds no key, so this authority cannot issue')
  if (certificate.validToDate.getTime() <= nowMs) throw refuse(file, `holds an authority that has expired (${certificate.validTo})`)
  return { ...authority, key }
}

function certificatesIn(file: string, pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length > 1 + MAX_ABOVE) throw refuse(file, `holds more than ${1 + MAX_ABOVE} certificates`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    throw refuse(file, 'holds a certificate that cannot be read')
  }
}

function refuseUnfit(file: string, certificate: X509Certificate, above: readonly X509Certificate[]): void {
  if (!certificate.ca) throw refuse(file, 'begins with a certificate that is no authority’s (CA:TRUE or keyCertSign is missing)')
  const chain = [certificate, ...above]
  if (above.some((one, at) => !isIssuedBy(chain[at]!, one))) throw refuse(file, 'holds certificates out of order: each has to be followed by its issuer')
}

function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): string {
  return [type, details.namedCurve ?? details.modulusLength].filter((word) => word !== undefined).join(' ')
}

function refuse(file: string, why: string) {
  return problem('config_invalid', `${file} ${why}`, { field: file, expected: EXPECTED })
}
