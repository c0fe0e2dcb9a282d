/** Who asks: whose token it is. */
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../engine/ports/access.ts'

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
  return principalOf(request)?.name ?? ANONYMOUS
}
