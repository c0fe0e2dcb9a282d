/** Certificates between their two forms: PEM in files and over HTTP, where several may stand in one text, and DER in frames. */
import { X509Certificate } from 'node:crypto'

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @param der @throws Error when one is no certificate */
export function pemOf(der: readonly Uint8Array[]): string {
  return der.map((one) => new X509Certificate(one).toString()).join('')
}

/** @param pem any number of certificates @throws Error when one is damaged */
export function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block))
}
