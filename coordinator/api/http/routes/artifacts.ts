/** Packages in, streamed and checked; and out again, whole, for administrators. Hosts fetch pieces instead (see shared/distribution/protocol.ts). */
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { artifactSchema } from '../../../../shared/api/catalogue.ts'
import { DIGEST_PATTERN } from '../../../../shared/digest.ts'
import type { App, HttpDeps } from '../deps.ts'
import { digestIn } from '../digest-header.ts'
import { refusals } from '../refusals.ts'

const uploadQuery = z.object({ package: z.enum(['srv', 'cmd']) })
/** Fastify sends streams as they are; this only stands in the document. */
const bytes = z.unknown().describe('bytes of the uncompressed tar')
const byDigest = z.object({ digest: z.string().regex(DIGEST_PATTERN, 'expected a SHA-256 in lower-case hex') })

export function artifactRoutes(app: App, { artifacts }: HttpDeps): void {
  // The body is handed on as it arrives: a package never lies in memory.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  app.post(
    '/v1/artifacts',
    {
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: { querystring: uploadQuery, consumes: ['application/octet-stream'], response: { 200: artifactSchema, ...refusals } },
    },
    async (request) => {
      const declaredDigest = digestIn(request.headers, 'Content-Digest')
      const length = Number(request.headers['content-length'])
      const size = Number.isSafeInteger(length) ? { sizeBytes: length } : {}
      return artifacts.put(request.body as Readable, { field: request.query.package, declaredDigest, ...size })
    },
  )
  app.get(
    '/v1/artifacts/:digest',
    { config: { access: 'admin' }, schema: { params: byDigest, produces: ['application/octet-stream'], response: { 200: bytes, ...refusals } } },
    async (request, reply) => {
      const { digest } = request.params
      const { stream, sizeBytes } = await artifacts.open(digest)
      return reply.type('application/octet-stream').header('etag', `"${digest}"`).header('content-length', sizeBytes).send(stream)
    },
  )
}
