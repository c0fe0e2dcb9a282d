/** Leave to fetch, on the wire. Reading never throws: what cannot be used is left out. */
import type { ArtifactGrants as WireGrants, ArtifactGrants__Output } from '../proto/gen/muster/v1/ArtifactGrants.ts'
import type { ArtifactGrant__Output } from '../proto/gen/muster/v1/ArtifactGrant.ts'
import { MAX_SOURCES } from './distribution/offer.ts'
import type { Source } from './distribution/offer.ts'
import type { CommandId } from './ids.ts'
import type { GrantedArtifact } from './message.ts'
import { sourceKindFromWire, sourceKindToWire } from './wire-enums.ts'

type Granted = { id: CommandId; grants: GrantedArtifact[]; sources: Source[] }

export function grantsToWire({ id, grants, sources }: Granted): WireGrants {
  return { commandId: id, grants, sources: sources.slice(0, MAX_SOURCES).map(({ kind, ...rest }) => ({ ...rest, kind: sourceKindToWire(kind) })) }
}

export function grantsFromWire({ commandId: id, grants, sources }: ArtifactGrants__Output): Granted {
  return {
    id,
    grants: grants.flatMap((granted) => grantFromWire(granted) ?? []),
    sources: sources.slice(0, MAX_SOURCES).flatMap(({ kind, name, url }) => {
      const known = sourceKindFromWire(kind)
      return known === null ? [] : [{ kind: known, name, url }]
    }),
  }
}

/** Null: it does not say what to fetch. */
function grantFromWire({ digest, grant, expiresAtMs, manifest, delta }: ArtifactGrant__Output): GrantedArtifact | null {
  if (manifest === null) return null
  const offered = delta?.root ? { base: delta.base, root: delta.root, totalBytes: delta.totalBytes } : null
  return { digest, grant, expiresAtMs, manifest, delta: offered }
}
