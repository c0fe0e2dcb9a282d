/** Puts a coordinator's parts together, and takes them apart again in the opposite order. The only place that sees adapters and edges at once. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Server as HttpsServer } from 'node:https'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { formatAddress, parseAddress } from '../shared/address.ts'
import type { Address } from '../shared/address.ts'
import { makeDataDirectory } from '../shared/daemon.ts'
import { problem } from '../shared/errors.ts'
import { lockDirectory } from '../shared/lock.ts'
import { VERSION } from '../shared/version.ts'
import { redisAnswers } from './adapters/answers/answers.ts'
import { openArtifacts } from './adapters/artifacts/open.ts'
import { redisAudit } from './adapters/audit/audit.ts'
import { openAsks } from './adapters/hosts/asks.ts'
import { redisDoorbell } from './adapters/hosts/doorbell.ts'
import { RedisFetches } from './adapters/hosts/fetches.ts'
import { RedisHeartbeats } from './adapters/hosts/heartbeats.ts'
import { redisMailbox } from './adapters/hosts/mailbox.ts'
import { redisOutputs } from './adapters/hosts/outputs.ts'
import { redisHosts } from './adapters/hosts/registry.ts'
import { redisSessions } from './adapters/hosts/sessions.ts'
import { tokenAccess } from './adapters/identity/access.ts'
import { redisIdentities } from './adapters/identity/identities.ts'
import { redisTokens } from './adapters/identity/tokens.ts'
import { claimKeys } from './adapters/keys/claim.ts'
import { adminTokenIn } from './adapters/keys/key-directory.ts'
import { openKeys } from './adapters/keys/live-keys.ts'
import { openQueue } from './adapters/queue/rollout-queue.ts'
import { queueVitals } from './adapters/queue/vitals.ts'
import { bullWakeups } from './adapters/queue/wakeups.ts'
import { runJobs } from './adapters/queue/worker.ts'
import { Era } from './adapters/redis/era.ts'
import { redisRelays } from './adapters/relays/relays.ts'
import { redisRollouts } from './adapters/redis/rollouts.ts'
import { sayUnavailable } from './adapters/redis/unavailable.ts'
import { redisStores } from './adapters/stores.ts'
import { adoptUnsealed } from './adapters/unsealed.ts'
import { openWebhooks } from './adapters/webhooks/webhooks.ts'
import { createHttpApp } from './api/http/app.ts'
import type { HttpDeps, MachineUrls } from './api/http/deps.ts'
import { createSessionServer } from './api/sessions/server.ts'
import { Throttled } from './api/throttled.ts'
import { piecesAddress, refuseContradiction } from './config.ts'
import type { Config } from './config.ts'
import { announceOwn } from './engine/distribution/announce.ts'
import { Offers } from './engine/distribution/offers.ts'
import { Sources } from './engine/distribution/sources.ts'
import { drive } from './engine/drive.ts'
import { fire } from './engine/calendar/firing.ts'
import type { Ports } from './engine/ports/ports.ts'
import type { Jobs } from './engine/ports/wakeups.ts'
import { agentReports } from './engine/reports.ts'
import { sweep } from './engine/sweep.ts'
import type { Part } from './parts.ts'
import { metricsOf, openPieces } from './pieces.ts'
import { reachRedis } from './redis.ts'
import { givenAuthorityOf, openTls } from './tls.ts'

/** How long agents get to hang up, and jobs to come to an end. */
export const CLOSE_WITHIN_MS = 5000
/** Whose turn it is to keep or to remove artifacts. No service is called so. */
const ARTIFACT_STORE = 'the artifact store'

/** Resolves once `signal` has ended it. @throws MusterError when it cannot start */
export async function runCoordinator(config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  refuseContradiction(config)
  const parts: Part[] = []
  try {
    await assemble(config, log, parts)
    if (!signal.aborted) await once(signal, 'abort')
    log.info('ending')
  } finally {
    for (const part of parts.reverse()) await part.close()
  }
}

async function assemble(config: Config, log: Logger, parts: Part[]): Promise<void> {
  const base = await openBase(config, log, parts)
  const stores = await openStores(base)
  const { era, redis, id, clock } = base
  const { ports, queue, deliver, relays } = stores
  const bound = { http: config.http, grpc: config.grpc, pieces: piecesAddress(config) }
  const urls = () => urlsOf(config, bound)
  const own = () => ({ name: id, url: urls().pieces })
  const sources = new Sources({ relays, own, clock })
  const pieces = ownRelay(base, stores, sources)
  bound.pieces = { ...bound.pieces, port: await pieces.listen(bound.pieces, '--pieces') }
  bound.http = await serveHttp(base, { ...stores, relayMetrics: metricsOf(pieces) }, urls)
  bound.grpc = await serveAgents(base, { ...stores, sources })
  parts.push(await announceOwn({ relays, own: own(), clock, log }))
  parts.push(await runJobs({ connections: redis, queue, wakeups: ports.wakeups, jobs: era.heldBack(jobsOn(ports)), log }))
  parts.push(await deliver())
  const addresses = { http: formatAddress(bound.http), grpc: formatAddress(bound.grpc), pieces: formatAddress(bound.pieces) }
  log.info({ id, ...addresses, redis: config.redis === undefined ? 'private' : 'given' }, 'listening')
}

/** What everything else stands on: keys, certificates, Redis. */
type Base = Awaited<ReturnType<typeof openBase>>

async function openBase(config: Config, log: Logger, parts: Part[]) {
  const clock = Date.now
  const dataDir = config['data-dir']
  await makeDataDirectory(dataDir)
  await lockDirectory('coordinator', dataDir)
  const keyDir = config['key-dir'] ?? join(dataDir, 'keys')
  const keys = await openKeys({ dir: keyDir, given: givenAuthorityOf(config), machineValidMs: config['certificate-ttl'], clock, log })
  parts.push(keys)
  const tls = await openTls(config, keys, clock, log)
  parts.push(tls)
  const redis = await reachRedis(config, log, parts)
  await claimKeys(redis.commands, keys.fingerprint)
  const sealed = { redis: redis.commands, seals: keys.seals, log }
  if (config['adopt-unsealed']) await adoptUnsealed(sealed, keys.vault, clock)
  const id = `${hostname()}-${randomUUID().slice(0, 8)}`
  return { config, log, parts, clock, dataDir, keyDir, keys, tls, redis, sealed, id, era: new Era(redis.commands) }
}

type Stores = Awaited<ReturnType<typeof openStores>>

async function openStores({ config, log, parts, clock, dataDir, keys, redis, sealed, id }: Base) {
  const { commands } = redis
  const mailbox = sayUnavailable(redisMailbox(commands))
  const asks = sayUnavailable(await openAsks(commands, redis.notices, id, log))
  parts.push(asks)
  const heartbeats = new RedisHeartbeats(commands, log)
  parts.push(heartbeats)
  const fetches = new RedisFetches(commands, log)
  parts.push(fetches)
  const queue = openQueue(redis, log)
  const audit = sayUnavailable(redisAudit(commands, clock))
  const { announcements, webhooks, deliver, queue: deliveries } = openWebhooks(redis, { seals: keys.seals, vault: keys.vault, clock, log })
  const stores = redisStores(sealed)
  const { artifacts, uploads, ...store } = await openArtifacts(dataDir, {
    ...(config.artifacts === undefined ? {} : { place: config.artifacts }),
    exclusively: (work) => stores.turns.inTurn(ARTIFACT_STORE, work),
    clock, log,
  })
  parts.push(store)
  const ports: Ports = {
    ...stores,
    rollouts: sayUnavailable(redisRollouts(redis)),
    hosts: sayUnavailable(redisHosts(commands, () => heartbeats.hearingSinceMs)),
    wakeups: bullWakeups(queue),
    signer: keys.signer,
    seals: keys.seals,
    packages: { hold: (digest) => artifacts.hold(digest), collect: (needed, signal) => artifacts.collect(needed, signal), retain: config['retain-releases'] },
    mailbox, audit, announcements, clock, log,
  }
  return {
    ports, audit, mailbox, asks, heartbeats, fetches, queue, webhooks, deliver,
    outputs: sayUnavailable(redisOutputs(commands)),
    answers: sayUnavailable(redisAnswers(commands, keys.vault)),
    artifacts, uploads,
    offers: new Offers({ pieces: artifacts, catalogue: ports.catalogue }),
    relays: sayUnavailable(redisRelays(sealed)),
    tokens: sayUnavailable(redisTokens(sealed, clock)),
    identities: sayUnavailable(redisIdentities(sealed)),
    vitals: queueVitals([queue, deliveries], commands),
    throttled: new Throttled(ports),
  }
}

/** Where machines find the coordinators, unless it is said: where this one listens. */
function urlsOf(config: Config, { http, grpc, pieces }: Record<'http' | 'grpc' | 'pieces', Address>): MachineUrls {
  return {
    http: config['advertise-http'] ?? `https://${formatAddress(reachable(http))}`,
    grpc: config['advertise-grpc'] === undefined ? formatAddress(reachable(grpc)) : formatAddress(config['advertise-grpc']),
    pieces: config['advertise-pieces'] ?? `https://${formatAddress(reachable(pieces))}`,
  }
}

/** Nobody can dial the address that stands for all of a machine's. */
function reachable(address: Address): Address {
  return ['0.0.0.0', '::'].includes(address.host) ? { ...address, host: hostname() } : address
}

/** Not listening yet. */
function ownRelay({ log, parts, clock, keys, tls }: Base, { artifacts, relays, identities }: Stores, sources: Sources) {
  const trust = () => keys.authority.trust()
  const relay = openPieces({ credentials: tls.pieces, pieces: artifacts, signer: keys.signer, identities, relays, sources, trust, clock, log })
  parts.push(relay)
  return relay
}

type HttpStores = Stores & Pick<HttpDeps, 'relayMetrics'>

async function serveHttp({ config, log, parts, clock, keyDir, keys, tls }: Base, stores: HttpStores, machineUrls: () => MachineUrls): Promise<Address> {
  const { mailbox, tokens } = stores
  const access = tokenAccess({ tokens, adminToken: () => adminTokenIn(keyDir), clock, log })
  const app = await createHttpApp({
    ...stores, access, https: tls.https.options, authority: keys.authority, machineUrls, mail: mailbox, version: VERSION, log,
  })
  tls.https.follow(app.server as unknown as HttpsServer)
  parts.push(app)
  return listenHttp(app, config.http)
}

type AgentStores = Stores & { sources: Sources }

async function serveAgents({ config, log, parts, clock, keys, tls, redis, id, era }: Base, stores: AgentStores): Promise<Address> {
  const { ports, mailbox, asks, heartbeats, fetches, outputs, identities, throttled, offers, sources } = stores
  const sessions = createSessionServer({
    registry: sayUnavailable(redisSessions(redis.commands, id, () => era.leastEpoch())),
    doorbell: redisDoorbell(redis.notices, id),
    history: ports.history,
    reports: agentReports(ports),
    signer: ports.signer,
    trust: () => keys.authority.trust(),
    heartbeatMs: config['heartbeat-ms'],
    credentials: tls.grpc,
    machines: { authority: keys.authority, identities },
    boundLabels: config['bound-labels'],
    asks, mailbox, heartbeats, fetches, outputs, throttled, offers, sources, clock, log,
  })
  parts.push({ close: () => sessions.close(CLOSE_WITHIN_MS) })
  parts.push({ close: keys.onChange(() => sessions.trustChanged()) })
  redis.onOtherServer(() => sessions.renew())
  return { ...config.grpc, port: await sessions.listen(config.grpc) }
}

function jobsOn(ports: Ports): Jobs {
  return {
    start: (rollout) => drive(ports, rollout),
    drive: (rollout) => drive(ports, rollout),
    fire: (schedule) => fire(ports, schedule),
    sweep: () => sweep(ports),
  }
}

async function listenHttp(http: Awaited<ReturnType<typeof createHttpApp>>, address: Address): Promise<Address> {
  try {
    const listening = parseAddress(new URL(await http.listen(address)).host)
    // the port alone: Fastify says 127.0.0.1 where it listens on all addresses, and machines elsewhere could not dial that
    return { ...address, port: listening?.port ?? address.port }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw problem('config_invalid', `--http: cannot listen on ${formatAddress(address)}: ${why}`, {
      field: '--http',
      expected: 'a free address of this machine',
    })
  }
}
