/**
 * What artifacts travel as: the pieces of their manifests, and of the differences between them. A piece never changes and is named by its SHA-256, so
 * whoever has got one may keep it for as long as he likes.
 */
import type { OfferedDelta } from '../../../shared/distribution/offer.ts'
import type { Piece } from '../../../shared/distribution/piece.ts'

export interface PieceStore {
  /** The root of an artifact's manifest; null: there is no such artifact. What was kept as a whole file by a version before is taken in now. */
  manifest(digest: string): Promise<Piece | null>
  /** The bytes of any piece, whole; null: not here. They are what the store has, checked against the name. */
  piece(digest: string): Promise<Uint8Array | null>
  /** The difference that has been made already; null: none, or none that would be worth it. Quick. */
  delta(base: string, artifact: string): Promise<OfferedDelta | null>
  /**
   * The difference between two artifacts, made now if it is not there, off the event loop and one at a time; who asks for the same one waits for the same
   * work. Null: it would not be worth it (which is remembered), one of both is not here, too many are waiting to be made, or `signal` has ended the wait. The
   * work itself goes on then, and `delta` will have it.
   */
  makeDelta(base: string, artifact: string, signal: AbortSignal): Promise<OfferedDelta | null>
}
