/** Whether a release is what was signed: one judgement for the coordinator that orders it and for the host that is to run it. */
import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Artifact } from './command.ts'
import { signersOf } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { pinOfKey } from './identity/pin.ts'
import { RELEASE_PAYLOAD_TYPE, releaseStatementSchema } from './release-statement.ts'
import type { ReleaseStatement } from './release-statement.ts'
import { signPayload } from './signing.ts'

/** What somebody would run, and what is said to have been signed of it. `envelope` null: nothing. */
export type ReleaseClaim = { service: string; version: string; srv: Artifact; cmd: Artifact | null; envelope: Envelope | null }

/**
 * One sentence that says why this is not a release that one of `keys` has signed; null: it is.
 * @param signers whose keys they are, for the sentence
 */
export function releaseFault(claim: ReleaseClaim, keys: ReadonlyMap<string, KeyObject>, signers: string): string | null {
  const { service, version, envelope } = claim
  const name = `${service} ${version}`
  if (envelope === null) return `${name} is not signed: it was made before releases were, and making it again with the same packages signs it`
  if (signersOf(envelope, keys).length === 0) return `${name} is not signed by ${signers}`
  const difference = unlikeSigned(envelope, claim)
  return difference === null ? null : `${name} is not what was signed: ${difference}`
}

/** What an envelope says of something else than of this release; null: it is about exactly this. Does not ask who has signed it. */
export function unlikeSigned(envelope: Envelope, { service, version, srv, cmd }: Omit<ReleaseClaim, 'envelope'>): string | null {
  const statement = statementOf(envelope)
  if (statement === null) return 'the envelope holds no statement of a release'
  if (statement.service !== service || statement.version !== version) return `the statement is for ${statement.service} ${statement.version}`
  if (!isSame(statement.srv, srv)) return 'the statement names another srv package'
  return isSame(statement.cmd, cmd) ? null : 'the statement names another cmd package'
}

/** Null for an envelope of something else. Says nothing of who has signed it. */
export function statementOf({ payloadType, payload }: Envelope): ReleaseStatement | null {
  if (payloadType !== RELEASE_PAYLOAD_TYPE) return null
  try {
    return releaseStatementSchema.parse(JSON.parse(Buffer.from(payload, 'base64').toString('utf8')))
  } catch {
    return null
  }
}

/** An envelope that nobody has signed yet. */
export function envelopeFor(statement: ReleaseStatement): Envelope {
  return { payloadType: RELEASE_PAYLOAD_TYPE, payload: Buffer.from(JSON.stringify(statement)).toString('base64'), signatures: [] }
}

/** @param key an Ed25519 private key */
export function signedWith(key: KeyObject, envelope: Envelope): Envelope {
  const sig = signPayload(key, envelope.payloadType, Buffer.from(envelope.payload, 'base64')).toString('base64')
  return { ...envelope, signatures: [...envelope.signatures, { keyid: pinOfKey(createPublicKey(key)), sig }] }
}

function isSame(one: Artifact | null, other: Artifact | null): boolean {
  if (one === null || other === null) return one === other
  return one.digest === other.digest && one.sizeBytes === other.sizeBytes && one.entries === other.entries
}
