/** What a host is told of where and how it may fetch, and what it tells of how far it has come. */
import type { Piece } from './piece.ts'

/** The difference between `base`, an artifact that the host holds, and the one that it wants. `totalBytes`: of the root and all parts. */
export type OfferedDelta = { base: string; root: Piece; totalBytes: number }

/** Who gives out pieces over HTTPS. A relay shows a certificate for its name, a coordinator one for COORDINATOR_NAME. */
export type Source = { kind: 'relay' | 'coordinator'; name: string; url: string }

/** Where the bytes of a fetch have come from so far, as they travel; `reusedBytes` were here already. */
export type Transfer = {
  fromPeersBytes: number
  fromRelayBytes: number
  fromOriginBytes: number
  reusedBytes: number
  /** What travels is the difference to a release that is here. */
  delta: boolean
  /** At the moment. */
  bytesPerSecond: number
}

/** A host names so many artifacts that it holds, those of the service that it fetches for first. */
export const MAX_BASES = 32
/** More are not told of. */
export const MAX_SOURCES = 16
