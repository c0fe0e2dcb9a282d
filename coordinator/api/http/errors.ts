/** The one place where this edge turns problems into statuses. Everything that is refused has the same body. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { ProblemBody } from '../../../shared/api/problem.ts'
import { MusterError, problem } from '../../../shared/errors.ts'
import type { ErrorCode, ErrorKind } from '../../../shared/errors.ts'
import { issueField, issueMessage } from '../../../shared/issue.ts'

export const STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  refused: 422,
  'too-large': 413,
  'too-many': 429,
  unavailable: 503,
  internal: 500,
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The code of a body that does not fit this route's schema. */
    invalidCode?: ErrorCode
    /** The codes of fields that have one of their own. */
    fieldCodes?: Record<string, ErrorCode>
  }
}

export function onError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toProblem(error, request)
  if (known.kind === 'internal') request.log.error({ err: error, url: request.url }, 'request failed')
  const body: ProblemBody = { error: known.problem }
  // An upload that was refused half-way leaves bytes on the wire that nobody will read.
  if (!request.raw.complete) void reply.header('connection', 'close')
  if (known.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer')
  return reply.status(STATUS[known.kind]).type('application/json').serializer(JSON.stringify).send(body)
}

export function onUnknownRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return onError(
    problem('route_unknown', `there is no ${request.method} ${request.url.split('?')[0]}`, { expected: 'a route of /v1/openapi.json' }),
    request,
    reply,
  )
}

function toProblem(error: FastifyError | Error, request: FastifyRequest): MusterError {
  if (error instanceof MusterError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return ofValidation(error, request)
  const { code, statusCode } = error as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return problem('body_too_large', 'the body is larger than a request may be')
  if (statusCode !== undefined && statusCode < 500) return problem('body_invalid', error.message)
  return problem('internal', 'something went wrong in the coordinator; its log says what')
}

type Validation = { instancePath: string; message?: string; keyword?: string; params?: Record<string, unknown> }

function ofValidation(error: { validation: Validation[]; validationContext?: string | undefined }, request: FastifyRequest): MusterError {
  const { instancePath = '', message = 'invalid', keyword, params } = error.validation[0] ?? {}
  const path = instancePath.split('/').filter((part) => part !== '')
  const issue = { path, message, code: keyword, keys: params?.['keys'] as string[] | undefined }
  const field = issueField(issue) || (error.validationContext ?? 'body')
  const { invalidCode = 'body_invalid', fieldCodes = {} } = request.routeOptions.config
  return problem(fieldCodes[field] ?? invalidCode, `${field}: ${issueMessage(issue)}`, { field })
}
