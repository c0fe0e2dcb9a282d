/** A machine's own key, and what it asks a certificate with. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto'
import type { HostName } from '../ids.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** PEM. */
export function makeKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** PKCS#10, PEM; signed with the key, which proves that we have it. @param key PEM */
export async function certificateRequest(key: string, host: HostName): Promise<string> {
  const privateKey = createPrivateKey(key)
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ECDSA, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, ECDSA, true, ['verify']),
  }
  // loaded when it is needed, about once a day: it is large, and agents are small
  await import('reflect-metadata')
  const { cryptoProvider, Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509')
  cryptoProvider.set(webcrypto)
  const request = await Pkcs10CertificateRequestGenerator.create({ name: `CN=${host}`, keys, signingAlgorithm: ECDSA })
  return request.toString('pem')
}
