/** What the engine and the edges need of the keys. The keys themselves lie in the key directory and never leave it: not for Redis, not over a wire. */
import type { KeyObject } from 'node:crypto'
import type { ArtifactGrant } from '../../../shared/artifact-grant.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import type { Pin } from '../../../shared/identity/pin.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { Trust } from '../../../shared/message.ts'
import type { Order, SignedOrder } from '../../../shared/order.ts'
import type { Signature } from '../../../shared/signing.ts'

/**
 * Redis keeps what somebody may have changed there. A sealed text is readable by everyone and changeable by nobody: `about` says what it is
 * (which key and field), so that one sealed text cannot be put in another's place.
 */
export interface Seals {
  seal(about: string, text: string): string
  /** Null: not what was sealed about that. */
  open(about: string, sealed: string): string | null
}

/** For what nobody who reads Redis may know. */
export interface Vault {
  encrypt(about: string, secret: string): string
  /** Null: not what was encrypted about that, or with another key. */
  decrypt(about: string, encrypted: string): string | null
}

export interface Signer {
  signOrder(order: Order): SignedOrder
  /** Null unless a coordinator has signed it, whether or not it has expired. */
  openOrder(signed: SignedOrder): Order | null
  /** @param payload of an envelope of the type RELEASE_PAYLOAD_TYPE */
  signRelease(payload: Uint8Array): Signature
  /** The public keys of coordinators that sign releases, by their ids. */
  releaseKeys(): ReadonlyMap<string, KeyObject>
  grantArtifact(grant: ArtifactGrant): string
  /** The public keys of coordinators that sign grants, by their ids. */
  grantKeys(): ReadonlyMap<string, KeyObject>
}

/** PEM. `serial` in hex; `keyPin` of the holder's key. */
export type IssuedCertificate = { certificate: string; serial: string; keyPin: Pin; issuerPin: Pin; issuedAtMs: number; expiresAtMs: number }

/** Whom a certificate names, and until when. */
export type Holder = { role: MachineRole; host: HostName; keyPin: Pin; issuerPin: Pin; expiresAtMs: number }

export interface Authority {
  /** Of the authority that coordinators show: whoever knows it finds them. Another one may issue for machines. */
  readonly pin: Pin
  /** @param request PKCS#10, PEM. @throws MusterError csr_invalid: unreadable, or not signed by the key that it is for */
  issue(request: string, to: { role: MachineRole; host: HostName }, nowMs: number): Promise<IssuedCertificate>
  /** Whose certificate it is, expired or not; null unless an authority that is still trusted has issued it. */
  holderOf(certificate: string): Promise<Holder | null>
  /** Whose certificate it says it is, and of which key: anybody may have made it. Null: it says nothing of the kind. */
  claimOf(certificate: string): Pick<Holder, 'role' | 'host' | 'keyPin'> | null
  trust(): Trust
}
