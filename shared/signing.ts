/**
 * Ed25519 signatures over a typed payload, as DSSE has them (https://github.com/secure-systems-lab/dsse, protocol.md): what is signed says of which
 * type it is, so that nothing signed for one use is ever taken for another.
 */
import { sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** `keyId`: the pin of the key that made it. */
export type Signature = { keyId: string; signature: Uint8Array }

/** DSSE's pre-authentication encoding. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `
  return Buffer.concat([Buffer.from(head), payload])
}

/** @param key an Ed25519 private key */
export function signPayload(key: KeyObject, payloadType: string, payload: Uint8Array): Buffer {
  return sign(null, preAuthEncoding(payloadType, payload), key)
}

/** @param key an Ed25519 public key. False also for a signature that is none */
export function isSignedBy(key: KeyObject, payloadType: string, payload: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, preAuthEncoding(payloadType, payload), key, signature)
}
