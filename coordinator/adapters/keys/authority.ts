/** The certificate authority for machines and coordinators: one issues for machines, the oldest for coordinators, and all that there are are trusted. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { COORDINATOR_NAME, machineOf, machineUri } from '../../../shared/identity/names.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import type { Authority } from '../../engine/ports/keys.ts'
import { certify, isIssuedBy, requestedKey, urisOf } from './certificates.ts'
import type { Issuer, KeyAndCertificate, Names } from './certificates.ts'
import type { Keyring } from './keyring.ts'
import { shownAuthority } from './shown.ts'

export const MACHINE_VALID_MS = 24 * 3_600_000
export const COORDINATOR_VALID_MS = 7 * 86_400_000
/** Names nobody: machines give out pieces, so their certificates are servers' too, and a client would take a common name for the name of a server. */
const MACHINE_SUBJECT = 'O=Muster'

export function authorityWith(keyring: Keyring, machineValidMs = MACHINE_VALID_MS, clock: () => number = Date.now): Authority {
  const { issuer, trusted, orders, releases } = keyring
  return {
    get pin() {
      return shownAuthority(keyring, clock()).pin
    },
    async issue(request, { role, host }, nowMs) {
      const key = await requestedKey(request)
      const wanted = { subject: MACHINE_SUBJECT, names: { uris: [machineUri(role, host)] }, usage: 'machine' as const, validMs: machineValidMs }
      const certificate = await certify(issuer, key, wanted, nowMs)
      const { serialNumber, publicKey, validToDate } = new X509Certificate(certificate)
      const serial = serialNumber.toLowerCase()
      return { certificate, serial, keyPin: pinOfKey(publicKey), issuerPin: issuer.pin, issuedAtMs: nowMs, expiresAtMs: validToDate.getTime() }
    },
    async holderOf(pem) {
      const certificate = read(pem)
      if (certificate === null) return null
      const from = trusted.find((one) => isIssuedBy(certificate, one.certificate))
      const claim = claimIn(certificate)
      return from === undefined || claim === null ? null : { ...claim, issuerPin: from.pin, expiresAtMs: certificate.validToDate.getTime() }
    },
    claimOf(pem) {
      const certificate = read(pem)
      return certificate && claimIn(certificate)
    },
    trust: () => ({
      authorities: trusted.map(({ certificate }) => certificate.raw),
      signers: [...orders.certificates, ...releases.certificates].map(({ raw }) => raw),
    }),
  }
}

/** A certificate for this process alone; its key is never written anywhere. @param names by which people reach it, besides the one that Muster itself uses */
export async function coordinatorCertificate(issuer: Issuer, names: Names, nowMs: number): Promise<KeyAndCertificate> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const wanted = {
    subject: 'CN=Muster coordinator', names: { ...names, dns: [COORDINATOR_NAME, ...names.dns ?? []] }, usage: 'server' as const, validMs: COORDINATOR_VALID_MS,
  }
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, certificate: await certify(issuer, publicKey, wanted, nowMs) }
}

function claimIn(certificate: X509Certificate): ReturnType<Authority['claimOf']> {
  const [uri = '', ...others] = urisOf(certificate)
  const machine = others.length === 0 ? machineOf(uri) : null
  return machine && { ...machine, keyPin: pinOfKey(certificate.publicKey) }
}

/** Null: it is no certificate, or the key in it is none. */
function read(pem: string): X509Certificate | null {
  try {
    const certificate = new X509Certificate(pem)
    return certificate.publicKey.asymmetricKeyType === undefined ? null : certificate
  } catch {
    return null
  }
}
