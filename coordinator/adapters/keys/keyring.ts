/**
 * The keys of a coordinator as they are at one moment: the authorities that are trusted, the one that issues, and the keys that sign, certified by
 * every authority whose key is at hand. Those certificates are made where they are needed and kept nowhere, so that coordinators cannot disagree
 * about them: what counts is the key, and whoever trusts any of the authorities trusts it.
 */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { problem } from '../../../shared/errors.ts'
import { signerUri } from '../../../shared/identity/names.ts'
import type { SignerPurpose } from '../../../shared/identity/names.ts'
import { certify } from './certificates.ts'
import type { Issuer } from './certificates.ts'
import { authoritiesIn, damaged, ISSUER, makeKeyDirectory, secretIn, signingKeyFile, signingKeyIn } from './key-directory.ts'
import { issuing } from './known-authority.ts'
import type { IssuingAuthority, KnownAuthority } from './known-authority.ts'

const SIGNER_VALID_MS = 10 * 365 * 86_400_000

export type SigningKey = { key: KeyObject; publicKey: KeyObject; certificates: readonly X509Certificate[] }
/** `trusted`: all authorities; the one that issues comes first. `byAge`: those whose keys are here, the oldest first. */
export type Keyring = {
  issuer: IssuingAuthority
  trusted: readonly KnownAuthority[]
  byAge: readonly IssuingAuthority[]
  orders: SigningKey
  releases: SigningKey
  secret: Buffer
}

/** The keys of a directory, which is made if it is new. @param given an authority that issues instead of the directory's @throws MusterError config_invalid */
export async function openKeyring(dir: string, nowMs: number, given: IssuingAuthority | null = null): Promise<Keyring> {
  await makeKeyDirectory(dir, given === null, nowMs)
  return readKeyring(dir, nowMs, given)
}

/** @throws MusterError config_invalid: something is missing, damaged, or open to others */
export async function readKeyring(dir: string, nowMs: number, given: IssuingAuthority | null): Promise<Keyring> {
  const { known, issuer: name } = await authoritiesIn(dir)
  const named = name === null ? undefined : known.get(name)
  const issuer = given ?? (name === null || named === undefined ? null : issuing(join(dir, name), named, nowMs))
  if (issuer === null) {
    const expected = 'the file as it was, from the backup of the key directory; or --ca-cert and --ca-key, if the authority was given by them'
    throw problem('config_invalid', `${join(dir, ISSUER)} is missing`, { field: join(dir, ISSUER), expected })
  }
  const trusted = [issuer, ...[...known.values()].filter(({ pin }) => pin !== issuer.pin)]
  const byAge = aged([...known.values()], given, name !== null).flatMap((one): IssuingAuthority[] => one.key === null ? [] : [{ ...one, key: one.key }])
  return {
    issuer, trusted, byAge, secret: await secretIn(dir),
    orders: await signer(dir, 'orders', byAge, nowMs), releases: await signer(dir, 'releases', byAge, nowMs),
  }
}

/**
 * In the order in which machines have heard of them. One that is given and not in the directory came first, unless one of the directory has issued
 * before it.
 */
function aged(known: readonly KnownAuthority[], given: IssuingAuthority | null, hasIssuer: boolean): readonly KnownAuthority[] {
  if (given === null) return known
  const at = known.findIndex(({ pin }) => pin === given.pin)
  if (at !== -1) return known.with(at, given)
  return hasIssuer ? [...known, given] : [given, ...known]
}

async function signer(dir: string, purpose: SignerPurpose, issuers: readonly Issuer[], nowMs: number): Promise<SigningKey> {
  const key = ed25519(signingKeyFile(dir, purpose), await signingKeyIn(dir, purpose))
  const publicKey = createPublicKey(key)
  const wanted = { subject: `CN=Muster ${purpose}`, names: { uris: [signerUri(purpose)] }, usage: 'signing' as const, validMs: SIGNER_VALID_MS }
  const certificates = await Promise.all(issuers.map((issuer) => certify(issuer, publicKey, wanted, nowMs)))
  return { key, publicKey, certificates: certificates.map((pem) => new X509Certificate(pem)) }
}

function ed25519(file: string, pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw damaged(file)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw damaged(file)
  return key
}
