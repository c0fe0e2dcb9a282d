/** The keys that may sign, out of what a coordinator says: only those that an authority has certified for the purpose, and only for their time. */
import { X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Trust } from '../message.ts'
import { signerUri } from './names.ts'
import type { SignerPurpose } from './names.ts'
import { pinOfKey } from './pin.ts'

/** By their ids, which are their pins. @param authorities DER; those that are trusted already, whatever `signers` come with */
export function signerKeys({ authorities, signers }: Trust, purpose: SignerPurpose, nowMs: number): Map<string, KeyObject> {
  const trusted = authorities.flatMap((der) => read(der) ?? [])
  const good = signers.flatMap((der) => read(der) ?? []).filter((signer) => {
    const isTimely = signer.validFromDate.getTime() <= nowMs && nowMs < signer.validToDate.getTime()
    return isTimely && signer.subjectAltName === `URI:${signerUri(purpose)}` && trusted.some((issuer) => isIssuedBy(signer, issuer))
  })
  return new Map(good.map(({ publicKey }) => [pinOfKey(publicKey), publicKey]))
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function read(der: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(der)
  } catch {
    return null
  }
}
