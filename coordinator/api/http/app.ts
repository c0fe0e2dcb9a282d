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
import { healthRoutes } from './routes/health.ts'
import { hostRoutes } from './routes/hosts.ts'
import { answerOnce } from './idempotency.ts'
import { metricRoutes } from './routes/metrics.ts'
import { nameOperations } from './operations.ts'
import { outputRoutes } from './routes/outputs.ts'
import { recordChanges } from './recording.ts'
import { releaseRoutes } from './routes/releases.ts'
import { rolloutRoutes } from './routes/rollouts.ts'
import { runRoutes } from './routes/runs.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { serviceRoutes } from './routes/services.ts'
import { webhookRoutes } from './routes/webhooks.ts'

export const MAX_BODY_BYTES = 1024 * 1024
/** Idle keep-alive connections are closed after this, so that a shutdown does not wait for them. */
export const KEEP_ALIVE_MS = 30_000

const ROUTES = [
  healthRoutes,
  serviceRoutes,
  entryRoutes,
  releaseRoutes,
  artifactRoutes,
  rolloutRoutes,
  runRoutes,
  controlRoutes,
  eventRoutes,
  outputRoutes,
  failureRoutes,
  hostRoutes,
  scheduleRoutes,
  freezeRoutes,
  driftRoutes,
  auditRoutes,
  webhookRoutes,
]

export async function createHttpApp(deps: HttpDeps): Promise<App> {
  const app: App = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(onError)
  app.setNotFoundHandler(onUnknownRoute)
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Muster', version: deps.version, description: 'Deploys services to fleets of hosts.' } },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  nameOperations(app)
  answerOnce(app, deps)
  recordChanges(app, deps)
  metricRoutes(app, deps)
  for (const routes of ROUTES) {
    await app.register(async (scope) => routes(scope.withTypeProvider<ZodTypeProvider>(), deps))
  }
  return app
}
