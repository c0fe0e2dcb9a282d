/** Where packages are kept. An artifact is named by the SHA-256 of its uncompressed tar, however it was sent and however it is kept. */
import type { Readable } from 'node:stream'
import type { Artifact } from '../../../shared/command.ts'

export type Upload = {
  /** For refusals: which package this is. */
  field: 'srv' | 'cmd'
  /** SHA-256 of the bytes as they are sent, in lower-case hex. */
  declaredDigest: string
  /** Of the bytes as they are sent, where that is known beforehand: what is too large is refused unread. */
  sizeBytes?: number
}

/** Whoever opens one reads the stream to its end or destroys it. */
export type OpenArtifact = { stream: Readable; sizeBytes: number }

/** What was taken away. `bytes`: of the pieces. `damaged`: artifacts whose manifest can no longer be read; sending their packages again mends them. */
export type Collected = { artifacts: number; deltas: number; pieces: number; bytes: number; damaged: string[] }

/** What the engine needs of it. `retain`: of each service, the packages of so many of its latest releases stay. */
export type Packages = Pick<ArtifactStore, 'hold' | 'collect'> & { retain: number }

export interface ArtifactStore {
  /**
   * Checks a package while it streams by and keeps it; durable when it resolves. What is there already is kept once.
   * A refused one leaves nothing behind, and `bytes` undestroyed where it stopped reading, so that an edge can still answer.
   * @throws MusterError package_invalid, package_too_large, digest_mismatch, unavailable
   */
  put(bytes: Readable, upload: Upload): Promise<Artifact>
  /** The uncompressed tar. The stream breaks where it turns out not to be what it should be. @throws MusterError artifact_unknown */
  open(digest: string): Promise<OpenArtifact>
  /** Null: not here. */
  stat(digest: string): Promise<Artifact | null>
  /** As `stat`, and it is kept for a day from now on, needed or not: for whoever is about to need it. */
  hold(digest: string): Promise<Artifact | null>
  /** Takes away the artifacts that are not `needed` (digests, known just now), and what nothing else needs then; nothing that has come in the last day. */
  collect(needed: ReadonlySet<string>, signal: AbortSignal): Promise<Collected>
}
