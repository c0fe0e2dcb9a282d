/** What a machine shows of itself to those that it exchanges pieces with, and whom it believes; both change while it runs. */
import { certificatesIn } from '../identity/pem.ts'
import type { Identity } from '../machine/identity.ts'

/** PEM. `chain` begins with the certificate of `key`. */
export type Credentials = { key: string; chain: string; authorities: readonly string[] }

export type LiveCredentials = {
  /** Null: there are none yet, so nobody gets in and nobody is dialled. */
  now(): Credentials | null
  /** @returns what ends it */
  onChange(changed: () => void): () => void
}

/** Of an agent or a relay. */
export function credentialsOf(identity: Pick<Identity, 'kept' | 'onChange'>): LiveCredentials {
  return {
    now() {
      const { kept } = identity
      return kept && { key: kept.key, chain: kept.certificate, authorities: certificatesIn(kept.authorities).map(String) }
    },
    onChange: (changed) => identity.onChange(changed),
  }
}
