/**
 * A pin names a public key by what it is: `sha256:` and the SHA-256 of its SubjectPublicKeyInfo (DER) in hex, as kubeadm's discovery hash does. A
 * certificate that is issued anew for the same key keeps its pin.
 */
import { X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { sha256 } from '../digest.ts'

export type Pin = string

export const PIN_PATTERN = /^sha256:[0-9a-f]{64}$/

export function pinOfKey(key: KeyObject): Pin {
  return `sha256:${sha256(key.export({ type: 'spki', format: 'der' }))}`
}

/** @param certificate PEM or DER. @throws Error when it is none */
export function pinOfCertificate(certificate: string | Uint8Array): Pin {
  return pinOfKey(new X509Certificate(certificate).publicKey)
}
