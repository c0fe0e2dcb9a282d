/** Who asks: whose token it is. Where nobody is asked for one it is what the client says, and is recorded as such. */
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../engine/ports/access.ts'

const ACTOR = /^[\x21-\x7e][\x20-\x7e]{0,127}$/
const ANONYMOUS = 'anonymous'

/** Null: an open route, or a right that the route checks itself. */
const principals = new WeakMap<FastifyRequest, Principal | null>()

/** From now on the request is that person's; null: nobody's, whatever its headers say. */
export function identify(request: FastifyRequest, principal: Principal | null): void {
  principals.set(request, principal)
}

export function principalOf(request: FastifyRequest): Principal | null {
  return principals.get(request) ?? null
}

export function actorOf(request: FastifyRequest): string {
  if (principals.has(request)) return principalOf(request)?.name ?? ANONYMOUS
  const header = request.headers['muster-actor']
  return typeof header === 'string' && ACTOR.test(header) ? header : ANONYMOUS
}
