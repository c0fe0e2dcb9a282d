/** How machines enrol and have their certificates renewed: the only routes that change something and take no token of the API. */
import { enrolledSchema, enrolSchema, renewSchema } from '../../../../shared/api/identity.ts'
import { enrol } from '../../../engine/enrol.ts'
import { renew } from '../../../engine/renew.ts'
import type { App, HttpDeps } from '../deps.ts'
import { originOf } from '../origin.ts'
import { refusals } from '../refusals.ts'

/** Whoever asks is nobody yet. */
const MAX_IDENTITY_BODY_BYTES = 24 * 1024

/**
 * For the hooks nothing changes here: an enrolment is recorded by the engine, under its join token, and not before that one is good; and repeating one
 * is safe without an idempotency key.
 */
const open = { config: { access: 'anyone', changesNothing: true }, bodyLimit: MAX_IDENTITY_BODY_BYTES } as const

export function identityRoutes(app: App, { ports, authority, identities, tokens, machineUrls }: HttpDeps): void {
  const deps = () => ({ ...ports, authority, identities, tokens, grpc: machineUrls().grpc })
  app.post('/v1/identity/enrol', { ...open, schema: { body: enrolSchema, response: { 200: enrolledSchema, ...refusals } } }, (request) =>
    enrol(deps(), request.body, originOf(request)))
  app.post('/v1/identity/renew', { ...open, schema: { body: renewSchema, response: { 200: enrolledSchema, ...refusals } } }, (request) =>
    renew(deps(), request.body))
}
