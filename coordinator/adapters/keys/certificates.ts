/**
 * X.509 as Muster uses it: authorities, and under them certificates for machines and coordinators (TLS) and for signing keys (Ed25519).
 * Who holds a certificate is said by one URI in its subject alternative name. Authorities that Muster makes are ECDSA P-256.
 */
import 'reflect-metadata'
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import type { KeyObject, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { problem } from '../../../shared/errors.ts'

export const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const ECDSA_384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' } as const
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const
const RSA_MIN_BITS = 2048
const DAY_MS = 86_400_000
export const AUTHORITY_VALID_MS = 10 * 365 * DAY_MS
/** A certificate is good a little earlier than it is made: clocks of two machines differ. */
export const BACKDATED_MS = 5 * 60_000
const SERIAL_BYTES = 16

/** PEM. */
export type KeyAndCertificate = { key: string; certificate: string }
/** What certificates are issued with. */
export type Issuer = { key: KeyObject; certificate: X509Certificate }

export type Names = { uris?: readonly string[]; dns?: readonly string[]; ips?: readonly string[] }
export type Wanted = { subject: string; names: Names; usage: 'machine' | 'server' | 'signing'; validMs: number }

type SigningAlgorithm = typeof ECDSA | typeof ECDSA_384 | typeof RSA

x509.cryptoProvider.set(webcrypto)

/** A new authority, self-signed. */
export async function makeAuthority(nowMs: number): Promise<KeyAndCertificate> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(), name: `CN=Muster CA ${new Date(nowMs).toISOString().slice(0, 10)} ${randomBytes(3).toString('hex')}`,
    notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(nowMs + AUTHORITY_VALID_MS), signingAlgorithm: ECDSA, keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { key: pkcs8(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)), certificate: certificate.toString('pem') }
}

/** Whether authorities may have such a key: ECDSA P-256 or P-384, or RSA of 2048 bits at least. */
export function canIssue(key: KeyObject): boolean {
  return signingAlgorithmOf(key) !== null
}

/** A certificate of `issuer` for a public key. @returns PEM */
export async function certify(issuer: Issuer, publicKey: x509.PublicKey | KeyObject, wanted: Wanted, nowMs: number): Promise<string> {
  const signingAlgorithm = signingAlgorithmOf(issuer.key)
  if (signingAlgorithm === null) throw new Error('an authority has a key of an unsupported kind')
  const authority = new x509.X509Certificate(issuer.certificate.raw)
  const spki = publicKey instanceof x509.PublicKey ? publicKey : new x509.PublicKey(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(), subject: wanted.subject, issuer: authority.subjectName, publicKey: spki, signingAlgorithm,
    signingKey: issuer.key.toCryptoKey(signingAlgorithm, false, ['sign']),
    notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(Math.min(nowMs + wanted.validMs, authority.notAfter.getTime())),
    extensions: [...usageOf(wanted.usage), namesOf(wanted.names), await identifierOf(authority)],
  })
  return `${certificate.toString('pem')}\n`
}

/** The public key that a PKCS#10 request is for. @throws MusterError csr_invalid: unreadable, or not signed by that key */
export async function requestedKey(pem: string): Promise<x509.PublicKey> {
  const expected = 'a PKCS#10 request in PEM, signed by its own P-256 key'
  const refuse = (why: string) => problem('csr_invalid', `the certificate request ${why}`, { field: 'request', expected })
  const { request, key } = parsedRequest(pem) ?? {}
  if (request === undefined || key === undefined) throw refuse('cannot be read')
  const { name, namedCurve } = key.algorithm as EcKeyAlgorithm
  if (name !== ECDSA.name || namedCurve !== ECDSA.namedCurve) throw refuse('is for a key of another kind')
  if (!await request.verify().catch(() => false)) throw refuse('is not signed by its key')
  return key
}

/** Null when it cannot be read; the key within is read only when it is asked for. */
function parsedRequest(pem: string): { request: x509.Pkcs10CertificateRequest; key: x509.PublicKey } | null {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem)
    return { request, key: request.publicKey }
  } catch {
    return null
  }
}

/** The URIs in a certificate's subject alternative name. */
export function urisOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:')).map((name) => name.slice('URI:'.length))
}

/** Whether `issuer` has issued it, expired or not. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

type EcKeyAlgorithm = { name: string; namedCurve?: string }

function signingAlgorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): SigningAlgorithm | null {
  if (type === 'ec' && details.namedCurve === 'prime256v1') return ECDSA
  if (type === 'ec' && details.namedCurve === 'secp384r1') return ECDSA_384
  return type === 'rsa' && (details.modulusLength ?? 0) >= RSA_MIN_BITS ? RSA : null
}

function usageOf(usage: Wanted['usage']): x509.Extension[] {
  const digital = new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)
  if (usage === 'signing') return [digital]
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage
  return [digital, new x509.ExtendedKeyUsageExtension(usage === 'machine' ? [clientAuth, serverAuth] : [serverAuth])]
}

function namesOf({ uris = [], dns = [], ips = [] }: Names): x509.Extension {
  return new x509.SubjectAlternativeNameExtension([
    ...uris.map((value) => ({ type: 'url' as const, value })), ...dns.map((value) => ({ type: 'dns' as const, value })),
    ...ips.map((value) => ({ type: 'ip' as const, value })),
  ])
}

/** As the authority names its key, in whatever way it was made: two that differ are two authorities to OpenSSL. */
async function identifierOf(authority: x509.X509Certificate): Promise<x509.Extension> {
  const named = authority.getExtension(x509.SubjectKeyIdentifierExtension)
  return named === null ? x509.AuthorityKeyIdentifierExtension.create(authority, false) : new x509.AuthorityKeyIdentifierExtension(named.keyId, false)
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
