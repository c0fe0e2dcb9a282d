/**
 * The door of the HTTP API: whose token it is and whether that is enough, before anything of a request but its headers is read. Owns that every route
 * but the open ones has been through here.
 */
import type { FastifyRequest } from 'fastify'
import { problem } from '../../../shared/errors.ts'
import type { Access, Principal } from '../../engine/ports/access.ts'
import { accessOf } from './access.ts'
import { identify } from './actor.ts'
import type { App, HttpDeps } from './deps.ts'
import { failureLog } from './failure-log.ts'
import { recordForbidden } from './forbidden.ts'

const BEARER = /^Bearer +(\S+)$/i

/** To be called before any route is added. */
export function guardRoutes(app: App, { access, audit, ports, log }: HttpDeps): void {
  const sayFailed = failureLog(log)
  app.addHook('onRequest', async (request) => {
    const wanted = accessOf(request)
    identify(request, null)
    if (wanted === 'anyone') return
    const principal = await holderOf(access, request)
    if (principal === null) {
      sayFailed(request.ip)
      throw problem('token_invalid', 'this needs a token that is good', { field: 'Authorization', expected: 'Bearer mst_…, a token that has not expired' })
    }
    identify(request, principal)
    if (wanted === 'viewer' || principal.role === 'admin') return
    await recordForbidden(audit, request, ports.clock())
    throw problem('forbidden', `${principal.name} is a viewer and may look; this needs admin`, { field: 'Authorization', expected: 'the token of an admin' })
  })
}

/** Whether the token that a request came with still lets it in: for answers that go on for long. */
export async function isStillLetIn(access: Access, request: FastifyRequest): Promise<boolean> {
  return await holderOf(access, request) !== null
}

async function holderOf(access: Access, { headers }: FastifyRequest): Promise<Principal | null> {
  const [, text] = BEARER.exec(headers.authorization ?? '') ?? []
  return text === undefined ? null : access.authenticate(text)
}
