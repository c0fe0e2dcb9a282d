/** What a machine that is to join makes: a key of its own, and requests for certificates signed by it. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { ECDSA } from '../../../coordinator/adapters/keys/certificates.ts'

export type MachineKey = Awaited<ReturnType<typeof machineKey>>

export function machineKey() {
  return webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
}

/** PEM; a new one each time, for the same key. */
export async function requestFor(keys: MachineKey): Promise<string> {
  return (await Pkcs10CertificateRequestGenerator.create({ name: 'CN=whatever', keys, signingAlgorithm: ECDSA })).toString('pem')
}
