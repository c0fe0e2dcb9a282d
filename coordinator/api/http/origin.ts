/** Where a request came from, for the record of changes. */
import type { FastifyRequest } from 'fastify'
import type { Origin } from '../../engine/ports/audit.ts'
import { principalOf } from './actor.ts'

export function originOf(request: FastifyRequest): Origin {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? null, token: principalOf(request)?.token ?? null }
}
