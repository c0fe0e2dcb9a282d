/**
 * Packages in stretches, for whoever sends more than a connection may carry: POST says what is to come, GET and HEAD how much has come, PATCH adds to it,
 * DELETE gives it up; the PATCH that makes it whole answers with the artifact. In the manner of draft-ietf-httpbis-resumable-upload.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { PARTIAL_UPLOAD, UPLOAD_COMPLETE, UPLOAD_LENGTH, UPLOAD_OFFSET, uploadSchema } from '../../../../shared/api/upload.ts'
import type { UploadView } from '../../../../shared/api/upload.ts'
import { MusterError, problem } from '../../../../shared/errors.ts'
import type { UploadState } from '../../../engine/ports/uploads.ts'
import type { App, HttpDeps } from '../deps.ts'
import { digestIn } from '../digest-header.ts'
import { refusals } from '../refusals.ts'

const byId = z.object({ id: z.string() })
const uploadQuery = z.object({ package: z.enum(['srv', 'cmd']) })

export function uploadRoutes(app: App, { uploads }: HttpDeps): void {
  // Handed on as it arrives: a package never lies in memory.
  app.addContentTypeParser(PARTIAL_UPLOAD, (_request, payload, done) => done(null, payload))

  app.post('/v1/uploads', { schema: { querystring: uploadQuery, response: { 201: uploadSchema, ...refusals } } }, async ({ headers, query }, reply) => {
    const sizeBytes = countIn(headers, 'Upload-Length')
    const id = await uploads.create({ field: query.package, declaredDigest: digestIn(headers, 'Repr-Digest'), sizeBytes })
    void reply.status(201).header('location', `/v1/uploads/${id}`)
    return shown(reply, id, { offsetBytes: 0, sizeBytes, artifact: null })
  })

  app.get('/v1/uploads/:id', { schema: { params: byId, response: { 200: uploadSchema, ...refusals } } }, async ({ params: { id } }, reply) => {
    const state = await uploads.state(id)
    if (state !== null) return shown(reply, id, state)
    throw problem('upload_unknown', 'there is no such upload, or it has expired', { expected: 'a new one, from the beginning' })
  })

  app.patch(
    '/v1/uploads/:id',
    {
      // That it was begun is in the record; its stretches would only fill it.
      config: { changesNothing: true, access: 'admin' },
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: { params: byId, consumes: [PARTIAL_UPLOAD], response: { 200: uploadSchema, ...refusals } },
    },
    async (request, reply) => {
      const { id } = request.params
      const offsetBytes = countIn(request.headers, 'Upload-Offset')
      try {
        return shown(reply, id, await uploads.append(id, offsetBytes, request.body as Readable))
      } catch (error) {
        // so that nobody has to ask where to go on
        const state = error instanceof MusterError && error.problem.code === 'upload_offset' ? await uploads.state(id) : null
        if (state !== null) void reply.header(UPLOAD_OFFSET, state.offsetBytes)
        throw error
      }
    },
  )

  app.delete('/v1/uploads/:id', { schema: { params: byId, response: { 200: byId, ...refusals } } }, async ({ params: { id } }) => {
    await uploads.cancel(id)
    return { id }
  })
}

function shown(reply: FastifyReply, id: string, { offsetBytes, sizeBytes, artifact }: UploadState): UploadView {
  void reply.header(UPLOAD_OFFSET, offsetBytes).header(UPLOAD_LENGTH, sizeBytes).header(UPLOAD_COMPLETE, artifact === null ? '?0' : '?1')
  void reply.header('cache-control', 'no-store')
  return { id, offsetBytes, sizeBytes, artifact }
}

/** @throws MusterError body_invalid */
function countIn(headers: IncomingHttpHeaders, name: 'Upload-Length' | 'Upload-Offset'): number {
  const text = String(headers[name.toLowerCase()] ?? '')
  const count = Number(text)
  if (/^\d{1,15}$/.test(text) && (count > 0 || name === 'Upload-Offset')) return count
  throw problem('body_invalid', `${name} is ${text === '' ? 'missing' : `"${text}"`}`, { field: name, expected: 'a number of bytes' })
}
