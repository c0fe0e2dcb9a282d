/** Packages on their way in, a stretch at a time: what has arrived survives a broken connection, and a coordinator that is killed. */
import type { Readable } from 'node:stream'
import type { Artifact } from '../../../shared/command.ts'
import type { Upload } from './artifacts.ts'

export type DeclaredUpload = Upload & { sizeBytes: number }

/** `artifact`: what it has become, once it is whole and was good. */
export type UploadState = { offsetBytes: number; sizeBytes: number; artifact: Artifact | null }

export interface Uploads {
  /** @returns its id, which is all that its sender needs to go on. @throws MusterError package_too_large, too_many_requests */
  create(upload: DeclaredUpload): Promise<string>
  /** Null: there is none, it has expired, or it was refused. Whoever still writes to it is cut off: nobody asks for the offset who is sending. */
  state(id: string): Promise<UploadState | null>
  /**
   * Adds what `bytes` gives at `offsetBytes`, which must be what is there; takes it in as an artifact when that makes it whole. A second writer cuts off
   * the first. What has arrived before `bytes` breaks off stays. A package that is refused is gone; asking again for one that was taken in says the same again.
   * @throws MusterError upload_unknown, upload_offset, and what `put` of the artifact store throws
   */
  append(id: string, offsetBytes: number, bytes: Readable): Promise<UploadState>
  cancel(id: string): Promise<void>
}
