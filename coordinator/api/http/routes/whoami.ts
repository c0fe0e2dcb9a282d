/** Tells somebody whom their token makes them: what `muster login` asks first. */
import { whoamiSchema } from '../../../../shared/api/whoami.ts'
import type { WhoamiView } from '../../../../shared/api/whoami.ts'
import { actorOf, principalOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { refusals } from '../refusals.ts'

export function whoamiRoutes(app: App, { version }: HttpDeps): void {
  app.get('/v1/whoami', { schema: { response: { 200: whoamiSchema, ...refusals } } }, (request): WhoamiView => {
    const principal = principalOf(request)
    // Where nobody is asked who they are, everybody may do anything.
    if (principal === null) return { name: actorOf(request), role: 'admin', expiresAtMs: null, version }
    const { name, role, expiresAtMs } = principal
    return { name, role, expiresAtMs, version }
  })
}
