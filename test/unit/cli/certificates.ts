/** Certificates for servers in tests, of a real authority. */
import { coordinatorCertificate } from '../../../coordinator/adapters/keys/authority.ts'
import { testKeys } from '../../keys.ts'
import type { Tls } from './canned-api.ts'

/** As a coordinator has one: its own and that of its authority, for no name but a coordinator's. @param pastMs so long ago it was made, good for a week */
export async function coordinatorTls(pastMs = 0): Promise<Tls & { ca: string; pin: string }> {
  const { keyring, authority } = await testKeys()
  const { key, certificate } = await coordinatorCertificate(keyring.issuer, {}, Date.now() - pastMs)
  const ca = keyring.issuer.certificate.toString()
  return { key, cert: `${certificate}\n${ca}`, ca, pin: authority.pin }
}
