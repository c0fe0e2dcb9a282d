/** Who asks. Until people authenticate it is what the client says, and is recorded as such. */
import type { FastifyRequest } from 'fastify'

const ACTOR = /^[\x21-\x7e][\x20-\x7e]{0,127}$/

export function actorOf(request: FastifyRequest): string {
  const header = request.headers['muster-actor']
  return typeof header === 'string' && ACTOR.test(header) ? header : 'anonymous'
}
