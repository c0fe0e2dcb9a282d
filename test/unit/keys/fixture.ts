/** Key directories of a test's own, open as a running coordinator has them, and authorities of other people's making. */
import 'reflect-metadata'
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { ECDSA } from '../../../coordinator/adapters/keys/certificates.ts'
import { openKeys } from '../../../coordinator/adapters/keys/live-keys.ts'
import type { KeysOptions, LiveKeys } from '../../../coordinator/adapters/keys/live-keys.ts'

export const silent = pino({ level: 'silent' })
/** Nothing is looked at by itself: the test says when. */
export const NEVER_MS = 2 ** 31 - 1

export async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-keys-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

export async function live(dir: string, options: Partial<KeysOptions> = {}): Promise<LiveKeys> {
  const keys = await openKeys({ dir, given: null, clock: Date.now, log: silent, lookEveryMs: NEVER_MS, ...options })
  onTestFinished(() => keys.close())
  return keys
}

/** What a log has said, as objects. */
export function listening(): { log: KeysOptions['log']; said: { level: number; msg: string; err?: { message: string } }[] } {
  const said: { level: number; msg: string }[] = []
  return { said, log: pino({}, { write: (line: string) => void said.push(JSON.parse(line)) }) }
}

export type Made = { key: string; certificate: string; keys: webcrypto.CryptoKeyPair; name: string; algorithm: Algorithm }
type Algorithm = RsaHashedKeyGenParams | typeof ECDSA | { name: 'ECDSA'; namedCurve: string; hash: string } | { name: 'Ed25519' }
type RsaHashedKeyGenParams = { name: 'RSASSA-PKCS1-v1_5'; modulusLength: number; publicExponent: Uint8Array; hash: string }

export const RSA = (modulusLength: number): RsaHashedKeyGenParams => ({
  name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256',
})

/** A certificate that Muster has nothing to do with, self-signed without `issuer`. */
export async function made({ algorithm = ECDSA, issuer = null, ca = true, mayIssue = true, validMs = 86_400_000 }: {
  algorithm?: Algorithm; issuer?: Made | null; ca?: boolean; mayIssue?: boolean; validMs?: number
} = {}): Promise<Made> {
  const keys = await webcrypto.subtle.generateKey(algorithm as typeof ECDSA, true, ['sign', 'verify'])
  const name = `CN=Somebody ${randomBytes(4).toString('hex')}`
  const signedBy = issuer ?? { keys, name, algorithm }
  const { KeyUsageFlags } = x509
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name, issuer: signedBy.name, publicKey: keys.publicKey, signingKey: signedBy.keys.privateKey, signingAlgorithm: signedBy.algorithm,
    serialNumber: '01', notBefore: new Date(Date.now() - 2 * 86_400_000), notAfter: new Date(Date.now() + validMs),
    extensions: [
      new x509.BasicConstraintsExtension(ca, undefined, true),
      new x509.KeyUsagesExtension(mayIssue ? KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature : KeyUsageFlags.digitalSignature, true),
      new x509.SubjectKeyIdentifierExtension(randomBytes(20).toString('hex')),
    ],
  })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }) as string
  return { key, certificate: `${certificate.toString('pem')}\n`, keys, name, algorithm }
}

/** As files, the key readable by its owner alone. */
export async function asFiles(dir: string, certificate: string, key: string): Promise<{ certificate: string; key: string }> {
  const files = { certificate: join(dir, 'ca.pem'), key: join(dir, 'ca.key') }
  await writeFile(files.certificate, certificate)
  await writeFile(files.key, key, { mode: 0o600 })
  return files
}
