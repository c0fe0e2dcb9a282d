/** The HTTP edge on its real adapters, asked without a socket in between; nobody drives, so what is asked for is all that happens. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { redisAnswers } from '../../../coordinator/adapters/answers/answers.ts'
import { openArtifacts } from '../../../coordinator/adapters/artifacts/open.ts'
import { redisAudit } from '../../../coordinator/adapters/audit/audit.ts'
import { openAsks } from '../../../coordinator/adapters/hosts/asks.ts'
import { RedisFetches } from '../../../coordinator/adapters/hosts/fetches.ts'
import { redisOutputs } from '../../../coordinator/adapters/hosts/outputs.ts'
import { tokenAccess } from '../../../coordinator/adapters/identity/access.ts'
import { redisIdentities } from '../../../coordinator/adapters/identity/identities.ts'
import { redisTokens } from '../../../coordinator/adapters/identity/tokens.ts'
import { coordinatorCertificate } from '../../../coordinator/adapters/keys/authority.ts'
import { redisRelays } from '../../../coordinator/adapters/relays/relays.ts'
import { queueVitals } from '../../../coordinator/adapters/queue/vitals.ts'
import { openWebhooks } from '../../../coordinator/adapters/webhooks/webhooks.ts'
import { createHttpApp } from '../../../coordinator/api/http/app.ts'
import type { HttpDeps } from '../../../coordinator/api/http/deps.ts'
import { Throttled } from '../../../coordinator/api/throttled.ts'
import type { Tokens } from '../../../coordinator/engine/ports/tokens.ts'
import type { ApiRole } from '../../../shared/identity/roles.ts'
import { sha256 } from '../../../shared/digest.ts'
import { formatApiToken } from '../../../shared/identity/api-token.ts'
import { realRedis, silent } from '../../conformance/real-redis.ts'
import { testKeys } from '../../keys.ts'
import { benchOn } from '../engine/bench.ts'

export type Served = Awaited<ReturnType<typeof serve>>
/** Who speaks, by name. */
const PEOPLE = { ann: 'admin', bob: 'admin', vera: 'viewer' } as const satisfies Record<string, ApiRole>
export type Person = keyof typeof PEOPLE
/** How long their tokens are good, by the bench's clock. */
export const TOKENS_VALID_MS = 3_600_000
/** For a request of somebody who has no token. */
export const NOBODY = { authorization: '' }

export type Answer = { status: number; headers: Record<string, unknown>; body: unknown }

export async function serve(change: (deps: HttpDeps) => HttpDeps = (deps) => deps) {
  const redis = await realRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'muster-http-'))
  const keys = await testKeys()
  const bench = benchOn(redis, keys)
  const { commands } = redis.connections
  const fetches = new RedisFetches(commands, silent)
  const asks = await openAsks(commands, redis.connections.notices, 'one', silent)
  const sealed = { redis: commands, seals: keys.seals, log: silent }
  const tokens = redisTokens(sealed, bench.ports.clock)
  const own = await coordinatorCertificate(keys.keyring.issuer, {}, Date.now())
  let texts = await giveTokens(tokens, bench.ports.clock())
  const as = (person: Person) => ({ authorization: `Bearer ${texts[person]}` })
  const { artifacts, uploads, close: closeArtifacts } = await openArtifacts(dataDir)
  const deps: HttpDeps = {
    access: tokenAccess({ tokens, adminToken: () => Promise.resolve(null), clock: bench.ports.clock, log: silent }), https: { key: own.key, cert: own.certificate },
    authority: keys.authority, identities: redisIdentities(sealed), tokens, relays: redisRelays(sealed), relayMetrics: new Registry(),
    machineUrls: () => ({ http: 'https://muster.example:4600', grpc: 'muster.example:4601', pieces: 'https://muster.example:4602' }),
    ports: bench.ports, artifacts, uploads, outputs: redisOutputs(commands), fetches, asks, mail: bench.mailbox,
    audit: redisAudit(commands, bench.ports.clock),
    answers: redisAnswers(commands, keys.vault),
    webhooks: openWebhooks(redis.connections, { ...keys, clock: bench.ports.clock, log: silent }).webhooks, vitals: queueVitals([bench.queue], commands),
    throttled: new Throttled(bench.ports), version: '0.0.0', log: silent,
  }
  const app = await createHttpApp(change(deps))
  return {
    bench, deps, app, redis, asks, fetches, tokens,
    /** The headers by which a person is known. */
    as,
    /** Speaks as ann, an admin, unless the headers say somebody else. */
    async ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
      const response = await app.inject({ method, url, headers: { ...as('ann'), ...headers }, ...(body === undefined ? {} : { payload: body }) })
      return { status: response.statusCode, headers: response.headers, body: response.json() }
    },
    /** The authority to trust, PEM. */
    ca: keys.keyring.issuer.certificate.toString(),
    /** Listens on a port of its own. @returns its URL */
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
    /** Redis forgets everything but who may ask. */
    async forget(): Promise<void> {
      await commands.flushall()
      texts = await giveTokens(tokens, bench.ports.clock())
    },
    async stop(): Promise<void> {
      await app.close()
      await fetches.close()
      await closeArtifacts()
      await bench.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function giveTokens(tokens: Tokens, nowMs: number): Promise<Record<Person, string>> {
  const texts: Record<string, string> = {}
  for (const [name, role] of Object.entries(PEOPLE)) {
    const secret = randomBytes(32).toString('base64url')
    const token = { kind: 'api', id: `token-of-${name}`, name, role, createdAtMs: nowMs, createdBy: 'test', expiresAtMs: nowMs + TOKENS_VALID_MS } as const
    await tokens.add({ ...token, lastUsedAtMs: null }, sha256(secret))
    texts[name] = formatApiToken({ id: token.id, secret })
  }
  return texts
}
