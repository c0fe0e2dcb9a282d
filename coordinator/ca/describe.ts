/** What a key directory holds, as `muster ca` tells it: nothing of it is secret. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { access } from 'node:fs/promises'
import { problem } from '../../shared/errors.ts'
import { SIGNER_PURPOSES } from '../../shared/identity/names.ts'
import type { SignerPurpose } from '../../shared/identity/names.ts'
import { pemOf } from '../../shared/identity/pem.ts'
import { pinOfKey } from '../../shared/identity/pin.ts'
import { adminTokenIn, authoritiesIn, signingKeyIn } from '../adapters/keys/key-directory.ts'

/** `ready`: it could issue, and does not. */
type Standing = 'issues' | 'ready' | 'only-trusted'

export type AuthorityDescription = { name: string; pin: string; subject: string; sinceMs: number; untilMs: number; standing: Standing }
export type KeyDirectory = {
  dir: string
  authorities: AuthorityDescription[]
  signingKeys: { purpose: SignerPurpose; pin: string }[]
  hasAdminToken: boolean
}

/** @throws MusterError config_invalid: there is none, or something in it is damaged or open to others */
export async function describeDirectory(dir: string): Promise<KeyDirectory> {
  await refuseMissing(dir)
  const { known, issuer } = await authoritiesIn(dir)
  const authorities = [...known].map(([file, { pin, certificate, key }]): AuthorityDescription => ({
    name: file.replace('.pem', ''), pin, subject: certificate.subject,
    sinceMs: certificate.validFromDate.getTime(), untilMs: certificate.validToDate.getTime(),
    standing: file === issuer ? 'issues' : key === null ? 'only-trusted' : 'ready',
  }))
  const signingKeys = await Promise.all(SIGNER_PURPOSES.map(async (purpose) => {
    const key = createPrivateKey(await signingKeyIn(dir, purpose))
    return { purpose, pin: pinOfKey(createPublicKey(key)) }
  }))
  return { dir, authorities, signingKeys, hasAdminToken: await adminTokenIn(dir) !== null }
}

/** PEM: what whoever is to find a coordinator has to trust, and nothing secret. @throws MusterError config_invalid: also when there is none */
export async function trustedCertificates(dir: string): Promise<string> {
  await refuseMissing(dir)
  const { known } = await authoritiesIn(dir)
  if (known.size > 0) return pemOf([...known.values()].map(({ certificate }) => certificate.raw))
  throw problem('config_invalid', `${dir} has no authority`, { field: '--key-dir', expected: 'the one that is given to the coordinators by --ca-cert' })
}

/** @throws MusterError config_invalid */
export async function refuseMissing(dir: string): Promise<void> {
  try {
    await access(dir)
  } catch (error) {
    const expected = 'a key directory, which a coordinator makes at its first start'
    throw problem('config_invalid', `${dir} cannot be read: ${(error as Error).message}`, { field: '--key-dir', expected })
  }
}
