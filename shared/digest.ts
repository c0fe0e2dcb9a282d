/** Content addresses: SHA-256 in lower-case hex, and the short form that a revision is named by. */
import { createHash } from 'node:crypto'
import type { Goal } from './command.ts'

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

/** Everything that decides what runs on a host of a service, and how. Packages by their digests; the variables are the host's own. */
export type Deployed = Pick<Goal, 'variables' | 'instances' | 'run' | 'check' | 'steps'> & {
  service: string
  srv: string
  cmd: string | null
  path: string
  account: string | null
}

/** The name of a revision: a digest over what deploys and nothing else, so that a new owner or another selector restarts nothing. */
export function revisionOf(deployed: Deployed): string {
  return sha256(canonicalJson(deployed)).slice(0, REVISION_HEX_CHARS)
}
