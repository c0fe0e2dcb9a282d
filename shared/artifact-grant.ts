/**
 * Leave to fetch one artifact: signed by the coordinator, for one host, for a short while. Whoever holds the coordinator's public key can check it,
 * so a relay or a neighbour needs to ask nobody.
 */
import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { DIGEST_PATTERN } from './digest.ts'
import { NAME_PATTERN } from './ids.ts'
import type { HostName } from './ids.ts'
import { isSignedBy } from './signing.ts'
import type { Signature } from './signing.ts'

export const GRANT_PAYLOAD_TYPE = 'application/vnd.muster.artifact-grant.v1+json'
/** Long enough for a large package over a slow line; an agent asks again when it needs longer. */
export const GRANT_VALID_MS = 15 * 60_000

const digest = z.string().regex(DIGEST_PATTERN)
/** The manifest's root, and those of the deltas that lead to the artifact. */
const MAX_ROOTS = 4
const grantSchema = z.object({
  host: z.string().regex(NAME_PATTERN), digest, dc: z.string(), roots: z.array(digest).max(MAX_ROOTS), expiresAtMs: z.number().int(),
})

/**
 * `dc`: the datacenter that the coordinator knows the host to be in, '' for none; neighbours serve their own datacenter alone. `roots`: the digests of
 * the roots (of the manifest, of a delta) whose pieces may be fetched with it.
 */
export type ArtifactGrant = { host: HostName; digest: string; dc: string; roots: string[]; expiresAtMs: number }

export function grantPayload(grant: ArtifactGrant): Buffer {
  return Buffer.from(JSON.stringify(grant))
}

/** `<payload>.<key id>.<signature>`, each in base64url: fits an Authorization header. */
export function formatGrant(payload: Uint8Array, { keyId, signature }: Signature): string {
  return [payload, Buffer.from(keyId), signature].map((part) => Buffer.from(part).toString('base64url')).join('.')
}

/** Null unless one of `keys` has signed it and it is still good at `nowMs`. */
export function verifyGrant(text: string, keys: ReadonlyMap<string, KeyObject>, nowMs: number): ArtifactGrant | null {
  const [payload, keyId, signature, ...rest] = text.split('.').map((part) => Buffer.from(part, 'base64url'))
  const key = keys.get(keyId?.toString() ?? '')
  if (!payload || !signature || rest.length > 0 || key === undefined || !isSignedBy(key, GRANT_PAYLOAD_TYPE, payload, signature)) return null
  const grant = parse(payload)
  return grant !== null && grant.expiresAtMs > nowMs ? grant : null
}

function parse(payload: Buffer): ArtifactGrant | null {
  try {
    return grantSchema.parse(JSON.parse(payload.toString('utf8')))
  } catch {
    return null
  }
}
