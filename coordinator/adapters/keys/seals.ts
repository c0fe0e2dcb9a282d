/** Seals and encryption under the key directory's secret: HMAC-SHA-256 and AES-256-GCM, each with a key of its own derived by HKDF (RFC 5869). */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Seals, Vault } from '../../engine/ports/keys.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A sealed text is the text, a space and the seal in base64url, so that it stays readable where it is kept. */
export function sealsWith(secret: Uint8Array): Seals {
  // As a key object it is made ready once, and not for each of the thousands of texts: five times as fast.
  const key = createSecretKey(derived(secret, 'seal'))
  const sealOf = (about: string, text: string): Buffer => createHmac('sha256', key).update(`${Buffer.byteLength(about)} ${about} ${text}`).digest()
  return {
    seal: (about, text) => `${text} ${sealOf(about, text).toString('base64url')}`,
    open(about, sealed) {
      const at = sealed.lastIndexOf(' ')
      const text = sealed.slice(0, Math.max(0, at))
      const [expected, found] = [sealOf(about, text), Buffer.from(sealed.slice(at + 1), 'base64url')]
      return at >= 0 && found.length === expected.length && timingSafeEqual(found, expected) ? text : null
    },
  }
}

/** An encrypted secret is nonce, tag and text together, in base64url. */
export function vaultWith(secret: Uint8Array): Vault {
  const key = derived(secret, 'vault')
  return {
    encrypt(about, text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
    },
    decrypt(about, encrypted) {
      const bytes = Buffer.from(encrypted, 'base64url')
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(about))
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      try {
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        return null
      }
    },
  }
}

function derived(secret: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `muster ${use}`, KEY_BYTES))
}
