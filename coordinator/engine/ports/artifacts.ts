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

/** Offsets into the uncompressed tar, both included, as in an HTTP range; a range beyond the end is cut off there. */
export type ByteRange = { start?: number; end?: number }

/** `sizeBytes` is of the whole artifact. Whoever opens one reads the stream to its end or destroys it. */
export type OpenArtifact = { stream: Readable; sizeBytes: number }

export interface ArtifactStore {
  /**
   * Checks a package while it streams by and keeps it; durable when it resolves. What is there already is kept once.
   * A refused one leaves nothing behind, and `bytes` undestroyed where it stopped reading, so that an edge can still answer.
   * @throws MusterError package_invalid, package_too_large, digest_mismatch, unavailable
   */
  put(bytes: Readable, upload: Upload): Promise<Artifact>
  /** @throws MusterError artifact_unknown */
  open(digest: string, range?: ByteRange): Promise<OpenArtifact>
  /** Null: not here. */
  stat(digest: string): Promise<Artifact | null>
}
