/**
 * The keys of a coordinator, from its key directory: made at the first start, the same for all replicas. Owns that they are readable by nobody else,
 * and that nothing of them is ever written anywhere else.
 *
 *     authority.key authority.crt   the authority (CA)
 *     orders.key    orders.crt      signs orders and artifact grants (Ed25519), certified by the authority
 *     releases.key  releases.crt    signs releases, likewise
 *     secret                        seals what Redis keeps, and encrypts secrets in it
 *     admin-token                   lets its holder in as an administrator; may be removed once there is another
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { signerUri } from '../../../shared/identity/names.ts'
import type { SignerPurpose } from '../../../shared/identity/names.ts'
import { certify, makeAuthority } from './certificates.ts'
import type { KeyAndCertificate } from './certificates.ts'

const SIGNER_VALID_MS = 10 * 365 * 86_400_000
const SECRET_BYTES = 32

export type SigningKey = { key: KeyObject; publicKey: KeyObject; certificate: X509Certificate }
export type Keyring = { authority: KeyAndCertificate; orders: SigningKey; releases: SigningKey; secret: Buffer }

/** Makes what is missing. */
export async function openKeyring(dir: string, nowMs: number): Promise<Keyring> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const authority = await authorityIn(dir, nowMs)
  const secret = await kept(join(dir, 'secret'), async () => randomBytes(SECRET_BYTES).toString('base64url'))
  return {
    authority, secret: Buffer.from(secret, 'base64url'),
    orders: await signerIn(dir, 'orders', authority, nowMs),
    releases: await signerIn(dir, 'releases', authority, nowMs),
  }
}

async function authorityIn(dir: string, nowMs: number): Promise<KeyAndCertificate> {
  const made = makeAuthority(nowMs)
  const key = await kept(join(dir, 'authority.key'), async () => (await made).key)
  return { key, certificate: await kept(join(dir, 'authority.crt'), async () => (await made).certificate) }
}

async function signerIn(dir: string, purpose: SignerPurpose, authority: KeyAndCertificate, nowMs: number): Promise<SigningKey> {
  const pem = await kept(join(dir, `${purpose}.key`), async () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
  const key = createPrivateKey(pem)
  const publicKey = createPublicKey(key)
  const wanted = { subject: `CN=Muster ${purpose}`, names: { uris: [signerUri(purpose)] }, usage: 'signing' as const, validMs: SIGNER_VALID_MS }
  const certificate = await kept(join(dir, `${purpose}.crt`), () => certify(authority, publicKey, wanted, nowMs))
  return { key, publicKey, certificate: new X509Certificate(certificate) }
}

/** What is in the file, or what `make` makes, which is there whole or not at all. */
async function kept(file: string, make: () => Promise<string>): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const text = await make()
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
  return text
}
