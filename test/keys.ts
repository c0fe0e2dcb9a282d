/** Real keys for tests: a key directory of their own, and machines that have enrolled with it. */
import 'reflect-metadata'
import { createPrivateKey, webcrypto } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { authorityWith } from '../coordinator/adapters/keys/authority.ts'
import { ECDSA } from '../coordinator/adapters/keys/certificates.ts'
import { openKeyring } from '../coordinator/adapters/keys/keyring.ts'
import { sealsWith, vaultWith } from '../coordinator/adapters/keys/seals.ts'
import { signerWith } from '../coordinator/adapters/keys/signer.ts'
import type { Release } from '../coordinator/engine/ports/catalogue.ts'
import type { Signer } from '../coordinator/engine/ports/keys.ts'
import type { MachineRole } from '../shared/identity/names.ts'
import { envelopeFor } from '../shared/signed-release.ts'
import type { ReleaseClaim } from '../shared/signed-release.ts'

export type Keys = Awaited<ReturnType<typeof makeKeys>>
/** PEM. */
export type Machine = { key: string; certificate: string }

/** The directory is gone again: what is needed of it is in memory. */
export async function makeKeys() {
  const dir = await mkdtemp(join(tmpdir(), 'muster-keys-'))
  const keyring = await openKeyring(dir, Date.now())
  await rm(dir, { recursive: true })
  return { keyring, authority: authorityWith(keyring), signer: signerWith(keyring), seals: sealsWith(keyring.secret), vault: vaultWith(keyring.secret) }
}

let made: Promise<Keys> | null = null

/** The same keys for everybody in this process. */
export function testKeys(): Promise<Keys> {
  made ??= makeKeys()
  return made
}

/** A key of a machine's own, and a certificate for it. */
export async function machine({ authority }: Pick<Keys, 'authority'>, host: string, role: MachineRole = 'agent', nowMs = Date.now()): Promise<Machine> {
  const { key, request } = await certificateRequest(host)
  const { certificate } = await authority.issue(request, { role, host }, nowMs)
  return { key, certificate }
}

/** A new key, and the request with which a machine asks for a certificate for it. */
export async function certificateRequest(host: string): Promise<{ key: string; request: string }> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({ name: `CN=${host}`, keys, signingAlgorithm: ECDSA })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }) as string
  return { key, request: request.toString('pem') }
}

/** A release that the coordinator with this signer has signed. */
export function signedRelease(signer: Signer, about: Omit<ReleaseClaim, 'envelope'>, atMs = 0): Release {
  const unsigned = envelopeFor({ ...about, provenance: { by: 'ann', commit: null, build: null, atMs } })
  const { keyId, signature } = signer.signRelease(Buffer.from(unsigned.payload, 'base64'))
  const envelope = { ...unsigned, signatures: [{ keyid: keyId, sig: Buffer.from(signature).toString('base64') }] }
  return { ...about, envelope, createdAtMs: atMs, createdBy: 'ann' }
}
