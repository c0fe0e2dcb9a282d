/** Resumable uploads as the HTTP API shows them, and the headers that they go by: those of draft-ietf-httpbis-resumable-upload. */
import { z } from 'zod'
import { artifactSchema } from './catalogue.ts'

/** How many bytes are there; where the next ones begin. */
export const UPLOAD_OFFSET = 'upload-offset'
/** How many there will be. */
export const UPLOAD_LENGTH = 'upload-length'
/** `?1`: all are there. */
export const UPLOAD_COMPLETE = 'upload-complete'
export const PARTIAL_UPLOAD = 'application/partial-upload'

export const uploadSchema = z.object({
  id: z.string(),
  offsetBytes: z.number().describe('how many bytes are there'),
  sizeBytes: z.number().describe('how many there will be'),
  artifact: artifactSchema.nullable().describe('what it has become; null: not all is there yet'),
}).meta({ id: 'Upload' })

export type UploadView = z.infer<typeof uploadSchema>
