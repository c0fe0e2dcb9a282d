/**
 * Makes releases, and judges them before they are ordered. Owns that the coordinator signs nothing but what somebody asks it to name right now: what
 * Redis says of a release is compared with its signature, and never signed.
 */
import type { KeyObject } from 'node:crypto'
import type { Artifact } from '../../shared/command.ts'
import { signersOf } from '../../shared/envelope.ts'
import type { Envelope } from '../../shared/envelope.ts'
import { problem } from '../../shared/errors.ts'
import { pinOfKey } from '../../shared/identity/pin.ts'
import { readPublicKey } from '../../shared/identity/public-key.ts'
import type { Provenance } from '../../shared/release-statement.ts'
import type { ServiceSpec } from '../../shared/service.ts'
import { envelopeFor, releaseFault, statementOf, unlikeSigned } from '../../shared/signed-release.ts'
import type { Release, Released } from './ports/catalogue.ts'
import type { Ports } from './ports/ports.ts'

/** `envelope`: signed by an owner of the service; null: the coordinator is to say what is signed. Commit and build: null, or not said. */
export type Wanted = {
  version: string
  srv: Artifact
  cmd: Artifact | null
  commit: string | null
  build: string | null
  envelope: Envelope | null
}

/** A signature that counts: of a coordinator, or of a key that the service's entry names. */
export type ReleaseSigner = { key: string; of: 'coordinator' | 'owner' }

/** What a release is, with what can be said of its signatures. `fault`: why it is not ordered; null: it may be. */
export type JudgedRelease = Release & { provenance: Provenance | null; signers: ReleaseSigner[]; fault: string | null }

/** The same again changes nothing. @throws MusterError signature_invalid, release_exists */
export async function createRelease(ports: Ports, spec: ServiceSpec, wanted: Wanted, by: string): Promise<Exclude<Released, { outcome: 'exists' }>> {
  const { service } = spec
  const { version, srv, cmd } = wanted
  const owners = ownersOf(spec)
  const envelope = signed(ports, wanted.envelope === null ? stated(ports, spec, wanted, by) : ofOwner(spec, wanted, wanted.envelope, owners))
  const release: Release = { service, version, srv, cmd, envelope, createdAtMs: ports.clock(), createdBy: by }
  const signers = signersOf(envelope, owners)
  const released = await ports.catalogue.release(release, (there) => {
    const known = there.envelope === null ? [] : signersOf(there.envelope, owners)
    return faultOf(ports, there) === null && signers.every((key) => known.includes(key))
  })
  if (released.outcome !== 'exists') return released
  const differs = released.release.srv.digest === srv.digest ? 'cmd' : 'srv'
  throw problem('release_exists', `${service} ${version} exists with another ${differs} package; releases never change`, {
    field: 'version', expected: 'a version that is not taken, or the same packages',
  })
}

/** Why the release is not ordered: it is not what a coordinator has signed; null: it is. */
export function faultOf({ signer }: Pick<Ports, 'signer'>, release: Release): string | null {
  return releaseFault(release, signer.releaseKeys(), 'this coordinator')
}

/** @throws MusterError signature_invalid */
export function refuseUnsigned(ports: Pick<Ports, 'signer'>, release: Release): void {
  const fault = faultOf(ports, release)
  if (fault === null) return
  const expected = 'a release that muster release create has signed; the same version and packages again will do'
  throw problem('signature_invalid', fault, { field: 'release', expected })
}

export function judged({ signer }: Pick<Ports, 'signer'>, spec: ServiceSpec, release: Release): JudgedRelease {
  const { envelope } = release
  const is = (of: ReleaseSigner['of'], keys: ReadonlyMap<string, KeyObject>): ReleaseSigner[] =>
    (envelope === null ? [] : signersOf(envelope, keys)).map((key) => ({ key, of }))
  const fault = faultOf({ signer }, release)
  const provenance = envelope === null || fault !== null ? null : (statementOf(envelope)?.provenance ?? null)
  return { ...release, provenance, signers: [...is('coordinator', signer.releaseKeys()), ...is('owner', ownersOf(spec))], fault }
}

function ownersOf({ releaseKeys }: ServiceSpec): Map<string, KeyObject> {
  return new Map(releaseKeys.flatMap((text) => readPublicKey(text) ?? []).map((key) => [pinOfKey(key), key]))
}

/** What the coordinator itself says of the release. */
function stated(ports: Pick<Ports, 'clock'>, { service, releaseKeys }: ServiceSpec, { version, srv, cmd, commit, build }: Wanted, by: string): Envelope {
  if (releaseKeys.length === 0) return envelopeFor({ service, version, srv, cmd, provenance: { by, commit, build, atMs: ports.clock() } })
  throw problem('signature_invalid', `${service} takes only releases that one of its releaseKeys has signed`, {
    field: 'envelope', expected: 'a signed statement: muster release create --sign KEYFILE',
  })
}

/** The envelope with the signatures of owners alone. */
function ofOwner({ service }: ServiceSpec, about: Wanted, envelope: Envelope, owners: ReadonlyMap<string, KeyObject>): Envelope {
  const refuse = (why: string, expected: string) => problem('signature_invalid', why, { field: 'envelope', expected })
  const difference = unlikeSigned(envelope, { service, ...about })
  if (difference !== null) {
    throw refuse(`what was signed is not ${service} ${about.version}: ${difference}`, 'a statement of this release and of what was uploaded')
  }
  if (owners.size === 0) {
    throw refuse(`${service} names no releaseKeys, so only the coordinator signs for it`, 'releaseKeys in the service\'s entry; or no --sign')
  }
  const signatures = envelope.signatures.filter((one) => signersOf({ ...envelope, signatures: [one] }, owners).length > 0)
  const byKey = new Map(signatures.map((one) => [one.keyid, one]))
  if (byKey.size > 0) return { ...envelope, signatures: [...byKey.values()] }
  throw refuse(`none of ${service}'s releaseKeys has signed the statement`, 'a signature by a key whose public half releaseKeys names')
}

/** Hosts without keys of their own go by this signature. */
function signed({ signer }: Pick<Ports, 'signer'>, envelope: Envelope): Envelope {
  const { keyId, signature } = signer.signRelease(Buffer.from(envelope.payload, 'base64'))
  return { ...envelope, signatures: [...envelope.signatures, { keyid: keyId, sig: Buffer.from(signature).toString('base64') }] }
}
