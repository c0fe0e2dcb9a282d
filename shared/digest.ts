/** Content addresses: SHA-256 in lower-case hex, and the short form that a revision is named by. */
import { createHash } from 'node:crypto'

export const DIGEST_PATTERN = /^[0-9a-f]{64}$/
/** 80 bits: a fleet would need 10^12 revisions for an even chance of one collision. */
export const REVISION_HEX_CHARS = 20

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** JSON with sorted keys, so that equal values have equal digests whatever order they were written in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** The name of a revision: a digest over everything that it is made of. */
export function revisionOf(parts: { service: string; srv: string; cmd: string | null; entry: number; variables: Record<string, string> }): string {
  return sha256(canonicalJson(parts)).slice(0, REVISION_HEX_CHARS)
}
