/**
 * Whether whoever asks for pieces may have them. Owns that a piece goes only to the host that a coordinator has given a grant, or to a relay that fetches
 * for one, and only those of the artifact that the grant is for. What was verified once is remembered, so that a request costs no signature.
 */
import type { KeyObject } from 'node:crypto'
import { verifyGrant } from '../artifact-grant.ts'
import type { ArtifactGrant } from '../artifact-grant.ts'
import type { Peer } from './tls.ts'

/**
 * `unsigned`: no key that is known here has signed it. `unready`: no coordinator has told yet whose signatures count. `stranger`: the
 * other end is no machine, or its certificate has expired on this connection.
 */
export type Refusal = 'missing' | 'unsigned' | 'expired' | 'unready' | 'stranger' | 'host' | 'root' | 'dc'
export type Verdict = { granted: true; grant: ArtifactGrant; text: string } | { granted: false; why: Refusal }

export const REFUSALS: Record<Refusal, string> = {
  missing: 'there is no grant in the Authorization header',
  unsigned: 'the grant is not signed by a coordinator that is known here',
  expired: 'the grant has expired, by the clock of this machine',
  unready: 'no coordinator has said yet whose grants are good',
  stranger: 'the certificate is that of no machine, or it has expired',
  host: 'the grant is for another host than the certificate',
  root: 'the grant is for other pieces',
  dc: 'the grant is for a host of another datacenter',
}

const SCHEME = 'Grant '
const MAX_GRANT_CHARS = 4096
const MAX_REMEMBERED = 4096

export class Leave {
  readonly #signerKeys: (nowMs: number) => ReadonlyMap<string, KeyObject>
  /** By their texts, those that were used last at the end. */
  readonly #verified = new Map<string, ArtifactGrant>()

  /** @param signerKeys those that may sign grants; none: nobody is served */
  constructor(signerKeys: (nowMs: number) => ReadonlyMap<string, KeyObject>) {
    this.#signerKeys = signerKeys
  }

  /**
   * @param dc where this machine is, if it serves its own datacenter alone; null: all of them
   * @param nowMs since the epoch
   */
  judge(authorization: string | undefined, peer: Peer | null, root: string, dc: string | null, nowMs: number): Verdict {
    if (peer === null || peer.expiresAtMs <= nowMs) return { granted: false, why: 'stranger' }
    if (!authorization?.startsWith(SCHEME) || authorization.length > MAX_GRANT_CHARS) return { granted: false, why: 'missing' }
    const text = authorization.slice(SCHEME.length)
    const grant = this.#grantIn(text, nowMs)
    if (typeof grant === 'string') return { granted: false, why: grant }
    if (peer.role !== 'relay' && peer.host !== grant.host) return { granted: false, why: 'host' }
    if (!grant.roots.includes(root)) return { granted: false, why: 'root' }
    if (dc !== null && grant.dc !== dc) return { granted: false, why: 'dc' }
    return { granted: true, grant, text }
  }

  /** Whose signatures count has changed. */
  forget(): void {
    this.#verified.clear()
  }

  #grantIn(text: string, nowMs: number): ArtifactGrant | 'unsigned' | 'expired' | 'unready' {
    const known = this.#verified.get(text)
    this.#verified.delete(text)
    const keys = known === undefined ? this.#signerKeys(nowMs) : null
    if (keys?.size === 0) return 'unready'
    const grant = known ?? verifyGrant(text, keys!, -Infinity)
    if (grant === null) return 'unsigned'
    if (grant.expiresAtMs <= nowMs) return 'expired'
    this.#verified.set(text, grant)
    if (this.#verified.size > MAX_REMEMBERED) this.#verified.delete(this.#verified.keys().next().value!)
    return grant
  }
}
