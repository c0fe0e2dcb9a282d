/** Tells somebody whom their token makes them: what `muster login` asks first. */
import { whoamiSchema } from '../../../../shared/api/whoami.ts'
import type { WhoamiView } from '../../../../shared/api/whoami.ts'
import { principalOf } from '../actor.ts'
import type { App, HttpDeps } from '../deps.ts'
import { refusals } from '../refusals.ts'

export function whoamiRoutes(app: App, { version }: HttpDeps): void {
  app.get('/v1/whoami', { schema: { response: { 200: whoamiSchema, ...refusals } } }, (request): WhoamiView => {
    // the door lets nobody as far as this without
    const { name, role, expiresAtMs } = principalOf(request)!
    return { name, role, expiresAtMs, version }
  })
}
