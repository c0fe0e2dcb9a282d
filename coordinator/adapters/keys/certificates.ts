/**
 * X.509 as Muster uses it: ECDSA P-256 authorities, and under them certificates for machines and coordinators (TLS) and for signing keys (Ed25519).
 * Who holds a certificate is said by one URI in its subject alternative name.
 */
import 'reflect-metadata'
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { problem } from '../../../shared/errors.ts'

export const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
export const AUTHORITY_VALID_MS = 10 * 365 * DAY_MS
/** A certificate is good a little earlier than it is made: clocks of two machines differ. */
export const BACKDATED_MS = 5 * 60_000
const SERIAL_BYTES = 16

/** PEM. */
export type KeyAndCertificate = { key: string; certificate: string }

export type Names = { uris?: readonly string[]; dns?: readonly string[]; ips?: readonly string[] }
export type Wanted = { subject: string; names: Names; usage: 'client' | 'server' | 'signing'; validMs: number }

x509.cryptoProvider.set(webcrypto)

/** A new authority, self-signed. */
export async function makeAuthority(nowMs: number): Promise<KeyAndCertificate> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(), name: `CN=Muster CA ${new Date(nowMs).toISOString().slice(0, 10)}`,
    notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(nowMs + AUTHORITY_VALID_MS), signingAlgorithm: ECDSA, keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { key: pkcs8(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)), certificate: certificate.toString('pem') }
}

/** A certificate of `authority` for a public key. @returns PEM */
export async function certify(authority: KeyAndCertificate, publicKey: x509.PublicKey | KeyObject, wanted: Wanted, nowMs: number): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const der = createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' })
  const signingKey = await webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), ECDSA, false, ['sign'])
  const spki = publicKey instanceof x509.PublicKey ? publicKey : new x509.PublicKey(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(), subject: wanted.subject, issuer: issuer.subject, publicKey: spki, signingKey, signingAlgorithm: ECDSA,
    notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(Math.min(nowMs + wanted.validMs, issuer.notAfter.getTime())),
    extensions: [...usageOf(wanted.usage), namesOf(wanted.names), await x509.AuthorityKeyIdentifierExtension.create(issuer, false)],
  })
  return certificate.toString('pem')
}

/** The public key that a PKCS#10 request is for. @throws MusterError csr_invalid: unreadable, or not signed by that key */
export async function requestedKey(pem: string): Promise<x509.PublicKey> {
  const expected = 'a PKCS#10 request in PEM, signed by its own P-256 key'
  const refuse = (why: string) => problem('csr_invalid', `the certificate request ${why}`, { field: 'request', expected })
  let request: x509.Pkcs10CertificateRequest
  try {
    request = new x509.Pkcs10CertificateRequest(pem)
  } catch {
    throw refuse('cannot be read')
  }
  const { name, namedCurve } = request.publicKey.algorithm as EcKeyAlgorithm
  if (name !== ECDSA.name || namedCurve !== ECDSA.namedCurve) throw refuse('is for a key of another kind')
  if (!await request.verify().catch(() => false)) throw refuse('is not signed by its key')
  return request.publicKey
}

/** The URIs in a certificate's subject alternative name. */
export function urisOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:')).map((name) => name.slice('URI:'.length))
}

type EcKeyAlgorithm = { name: string; namedCurve?: string }

function usageOf(usage: Wanted['usage']): x509.Extension[] {
  const digital = new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)
  if (usage === 'signing') return [digital]
  return [digital, new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage === 'client' ? 'clientAuth' : 'serverAuth']])]
}

function namesOf({ uris = [], dns = [], ips = [] }: Names): x509.Extension {
  return new x509.SubjectAlternativeNameExtension([
    ...uris.map((value) => ({ type: 'url' as const, value })), ...dns.map((value) => ({ type: 'dns' as const, value })),
    ...ips.map((value) => ({ type: 'ip' as const, value })),
  ])
}

/** Positive, as RFC 5280 asks. */
function serial(): string {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0]! &= 0x7f
  return bytes.toString('hex')
}

function pkcs8(der: ArrayBuffer): string {
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }) as string
}
