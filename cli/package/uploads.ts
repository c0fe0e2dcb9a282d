/** The part of the HTTP API that takes packages: whole, or in stretches. Every method throws as those of the client do. */
import { openAsBlob } from 'node:fs'
import type { ArtifactView } from '../../shared/api/catalogue.ts'
import { PARTIAL_UPLOAD, UPLOAD_LENGTH, UPLOAD_OFFSET } from '../../shared/api/upload.ts'
import type { UploadView } from '../../shared/api/upload.ts'
import type { Calls } from '../calls.ts'

/** `sha256` in hex, of the bytes as they are sent. */
export type Sent = { package: 'srv' | 'cmd'; sha256: string }

export class Uploads {
  readonly #calls: Calls

  constructor(calls: Calls) {
    this.#calls = calls
  }

  async whole({ package: name, sha256, file }: Sent & { file: string }): Promise<ArtifactView> {
    const headers = { 'content-type': 'application/octet-stream', 'content-digest': digestField(sha256) }
    return this.#calls.data(this.#calls.upload<ArtifactView>('POST', `/v1/artifacts?package=${name}`, headers, await openAsBlob(file)))
  }

  create({ package: name, sha256, sizeBytes }: Sent & { sizeBytes: number }): Promise<UploadView> {
    const headers = { 'repr-digest': digestField(sha256), [UPLOAD_LENGTH]: String(sizeBytes) }
    return this.#calls.data(this.#calls.api.POST('/v1/uploads', { params: { query: { package: name } }, headers }))
  }

  state(id: string): Promise<UploadView> {
    return this.#calls.data(this.#calls.api.GET('/v1/uploads/{id}', { params: { path: { id } } }))
  }

  append(id: string, offsetBytes: number, bytes: Blob): Promise<UploadView> {
    const headers = { 'content-type': PARTIAL_UPLOAD, [UPLOAD_OFFSET]: String(offsetBytes) }
    return this.#calls.data(this.#calls.upload<UploadView>('PATCH', `/v1/uploads/${encodeURIComponent(id)}`, headers, bytes))
  }
}

/** RFC 9530. */
function digestField(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`
}
