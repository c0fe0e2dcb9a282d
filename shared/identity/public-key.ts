/** Ed25519 public keys as people write them down: PEM, or the base64 of their SubjectPublicKeyInfo, which is one line. */
import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export const MAX_PUBLIC_KEY_CHARS = 1024

/** Null for what is no Ed25519 public key. */
export function readPublicKey(text: string): KeyObject | null {
  try {
    // A private key would do for createPublicKey as well, and must not be written into what everybody may read.
    if (text.includes('PRIVATE')) return null
    const key = text.includes('BEGIN') ? createPublicKey(text) : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ed25519' ? key : null
  } catch {
    return null
  }
}

/** The one line. */
export function publicKeyLine(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}
