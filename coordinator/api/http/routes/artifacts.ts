/** Packages in, streamed and checked; and out to agents, by range, until distribution takes over. */
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { artifactSchema } from '../../../../shared/api/catalogue.ts'
import { DIGEST_PATTERN } from '../../../../shared/digest.ts'
import { problem } from '../../../../shared/errors.ts'
import type { App, HttpDeps } from '../deps.ts'
import { refuseUngranted } from '../granted.ts'
import { refusals } from '../refusals.ts'

const uploadQuery = z.object({ package: z.enum(['srv', 'cmd']) })
/** Fastify sends streams as they are; this only stands in the document. */
const bytes = z.unknown().describe('bytes of the uncompressed tar')
const byDigest = z.object({ digest: z.string().regex(DIGEST_PATTERN, 'expected a SHA-256 in lower-case hex') })

export function artifactRoutes(app: App, deps: HttpDeps): void {
  const { artifacts } = deps
  // The body is handed on as it arrives: a package never lies in memory.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  app.post(
    '/v1/artifacts',
    {
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: { querystring: uploadQuery, consumes: ['application/octet-stream'], response: { 200: artifactSchema, ...refusals } },
    },
    async (request) => {
      const declaredDigest = contentDigest(request.headers['content-digest'])
      const length = Number(request.headers['content-length'])
      const size = Number.isSafeInteger(length) ? { sizeBytes: length } : {}
      return artifacts.put(request.body as Readable, { field: request.query.package, declaredDigest, ...size })
    },
  )
  app.get(
    '/v1/artifacts/:digest',
    {
      config: { access: 'grant' },
      schema: { params: byDigest, produces: ['application/octet-stream'], response: { 200: bytes, 206: bytes, 416: bytes, ...refusals } },
    },
    async (request, reply) => {
      await refuseUngranted(request, request.params.digest, deps)
      const range = byteRange(request.headers.range)
      const { stream, sizeBytes } = await artifacts.open(request.params.digest, range ?? {})
      void reply.type('application/octet-stream').header('accept-ranges', 'bytes').header('etag', `"${request.params.digest}"`)
      if (range === null) return reply.header('content-length', sizeBytes).send(stream)
      if (range.start >= sizeBytes) {
        stream.destroy()
        return reply.status(416).header('content-range', `bytes */${sizeBytes}`).send(null)
      }
      const end = Math.min(range.end ?? Infinity, sizeBytes - 1)
      return reply
        .status(206)
        .header('content-range', `bytes ${range.start}-${end}/${sizeBytes}`)
        .header('content-length', end - range.start + 1)
        .send(stream)
    },
  )
}

/** RFC 9530. @returns SHA-256 in hex */
function contentDigest(header: string | string[] | undefined): string {
  const match = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):/.exec(String(header ?? ''))
  if (match?.[1] !== undefined) return Buffer.from(match[1], 'base64').toString('hex')
  throw problem('body_invalid', 'the upload says no digest', {
    field: 'Content-Digest',
    expected: 'sha-256=:<base64 of the SHA-256 of the body>:',
  })
}

/** One range from the start, RFC 9110 section 14; anything else is answered whole, as the RFC allows. */
function byteRange(header: string | undefined): { start: number; end?: number } | null {
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '')
  if (match === null) return null
  const start = Number(match[1])
  if (match[2] === '') return { start }
  const end = Number(match[2])
  return end >= start ? { start, end } : null
}
