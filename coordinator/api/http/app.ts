/** The HTTP edge for people and programs: JSON, an OpenAPI document from the same schemas, and Server-Sent Events. */
import swagger from '@fastify/swagger'
import Fastify, { LogController } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { artifactRoutes } from './routes/artifacts.ts'
import { auditRoutes } from './routes/audit.ts'
import { controlRoutes } from './routes/controls.ts'
import type { App, HttpDeps } from './deps.ts'
import { driftRoutes } from './routes/drift.ts'
import { entryRoutes } from './routes/entries.ts'
import { onError, onUnknownRoute } from './errors.ts'
import { eventRoutes } from './routes/events.ts'
import { failureRoutes } from './routes/failures.ts'
import { freezeRoutes } from './routes/freezes.ts'
import { guardRoutes } from './guard.ts'
import { healthRoutes } from './routes/health.ts'
import { hostRoutes } from './routes/hosts.ts'
import { identityRoutes } from './routes/identity.ts'
import { boundServer, serverOptions } from './https.ts'
import { answerOnce } from './idempotency.ts'
import { metricRoutes } from './routes/metrics.ts'
import { nameOperations } from './operations.ts'
import { outputRoutes } from './routes/outputs.ts'
import { recordChanges } from './recording.ts'
import { relayRoutes } from './routes/relays.ts'
import { releaseRoutes } from './routes/releases.ts'
import { describeRights, SECURITY_SCHEMES } from './rights.ts'
import { rolloutRoutes } from './routes/rollouts.ts'
import { runRoutes } from './routes/runs.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { serviceRoutes } from './routes/services.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { uploadRoutes } from './routes/uploads.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { whoamiRoutes } from './routes/whoami.ts'

export const MAX_BODY_BYTES = 1024 * 1024

const ROUTES = [
  healthRoutes,
  whoamiRoutes,
  serviceRoutes,
  entryRoutes,
  releaseRoutes,
  artifactRoutes,
  uploadRoutes,
  rolloutRoutes,
  runRoutes,
  controlRoutes,
  eventRoutes,
  outputRoutes,
  failureRoutes,
  hostRoutes,
  relayRoutes,
  scheduleRoutes,
  freezeRoutes,
  driftRoutes,
  auditRoutes,
  webhookRoutes,
  tokenRoutes,
  identityRoutes,
]

export async function createHttpApp(deps: HttpDeps): Promise<App> {
  // The server of https differs from that of http in nothing that is used here.
  const app = Fastify({
    ...serverOptions(deps.https),
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
  }).withTypeProvider<ZodTypeProvider>() as unknown as App
  boundServer(app.server, deps.log)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(onError)
  app.setNotFoundHandler(onUnknownRoute)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Muster', version: deps.version, description: 'Deploys services to fleets of hosts.' },
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  nameOperations(app)
  describeRights(app)
  guardRoutes(app, deps)
  answerOnce(app, deps)
  recordChanges(app, deps)
  metricRoutes(app, deps)
  for (const routes of ROUTES) {
    await app.register(async (scope) => routes(scope.withTypeProvider<ZodTypeProvider>(), deps))
  }
  return app
}
