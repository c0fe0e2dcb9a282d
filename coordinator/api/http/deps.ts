/** What the routes of the HTTP edge work with. */
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import type { Access } from '../../engine/ports/access.ts'
import type { Answers } from '../../engine/ports/answers.ts'
import type { ArtifactStore } from '../../engine/ports/artifacts.ts'
import type { Asks } from '../../engine/ports/asks.ts'
import type { AuditLog } from '../../engine/ports/audit.ts'
import type { Identities } from '../../engine/ports/identities.ts'
import type { Fetches } from '../../engine/ports/fetches.ts'
import type { Authority } from '../../engine/ports/keys.ts'
import type { Outputs } from '../../engine/ports/outputs.ts'
import type { PieceStore } from '../../engine/ports/pieces.ts'
import type { Ports } from '../../engine/ports/ports.ts'
import type { OpenMail } from '../../engine/ports/sessions.ts'
import type { Relays } from '../../engine/ports/relays.ts'
import type { Tokens } from '../../engine/ports/tokens.ts'
import type { Uploads } from '../../engine/ports/uploads.ts'
import type { Vitals } from '../../engine/ports/vitals.ts'
import type { Webhooks } from '../../engine/ports/webhooks.ts'
import type { Throttled } from '../throttled.ts'
import type { HttpsOptions } from './https.ts'

/** Under which machines reach the coordinators: https URLs, and HOST:PORT. */
export type MachineUrls = { http: string; grpc: string; pieces: string }

export type HttpDeps = {
  access: Access
  https: HttpsOptions
  ports: Ports
  authority: Authority
  identities: Identities
  tokens: Tokens
  relays: Relays
  /** What this coordinator's own relay does. */
  relayMetrics: Registry
  /** Asked when they are needed: ports are known once they are listened on. */
  machineUrls: () => MachineUrls
  artifacts: ArtifactStore & Pick<PieceStore, 'makeDelta'>
  uploads: Uploads
  outputs: Outputs
  fetches: Pick<Fetches, 'of' | 'total' | 'counted'>
  asks: Asks
  /** What lies in the hosts' mailboxes. */
  mail: OpenMail
  audit: AuditLog
  answers: Answers
  webhooks: Webhooks
  vitals: Vitals
  throttled: Pick<Throttled, 'agents' | 'waitedSeconds'>
  version: string
  log: FastifyBaseLogger
}

export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, ZodTypeProvider>
