/** Puts a coordinator's parts together, and takes them apart again in the opposite order. The only place that sees adapters and edges at once. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ServerCredentials } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import { formatAddress, parseAddress } from '../shared/address.ts'
import type { Address } from '../shared/address.ts'
import { makeDataDirectory } from '../shared/daemon.ts'
import { problem } from '../shared/errors.ts'
import { lockDirectory } from '../shared/lock.ts'
import { VERSION } from '../shared/version.ts'
import { redisAnswers } from './adapters/answers/answers.ts'
import { openFileArtifacts } from './adapters/artifacts/store.ts'
import { redisAudit } from './adapters/audit/audit.ts'
import { openAsks } from './adapters/hosts/asks.ts'
import { redisDoorbell } from './adapters/hosts/doorbell.ts'
import { RedisHeartbeats } from './adapters/hosts/heartbeats.ts'
import { redisMailbox } from './adapters/hosts/mailbox.ts'
import { redisOutputs } from './adapters/hosts/outputs.ts'
import { redisHosts } from './adapters/hosts/registry.ts'
import { redisSessions } from './adapters/hosts/sessions.ts'
import { redisIdentities } from './adapters/identity/identities.ts'
import { redisTokens } from './adapters/identity/tokens.ts'
import { claimKeys } from './adapters/keys/claim.ts'
import { openKeys } from './adapters/keys/live-keys.ts'
import { openQueue } from './adapters/queue/rollout-queue.ts'
import { queueVitals } from './adapters/queue/vitals.ts'
import { bullWakeups } from './adapters/queue/wakeups.ts'
import { runJobs } from './adapters/queue/worker.ts'
import { Era } from './adapters/redis/era.ts'
import { redisRollouts } from './adapters/redis/rollouts.ts'
import { sayUnavailable } from './adapters/redis/unavailable.ts'
import { redisStores } from './adapters/stores.ts'
import { adoptUnsealed } from './adapters/unsealed.ts'
import { openWebhooks } from './adapters/webhooks/webhooks.ts'
import { createHttpApp } from './api/http/app.ts'
import { createSessionServer } from './api/sessions/server.ts'
import type { Tls } from './api/sessions/server.ts'
import { refuseContradiction, refuseExposure } from './config.ts'
import type { Config } from './config.ts'
import { drive } from './engine/drive.ts'
import { fire } from './engine/calendar/firing.ts'
import type { Ports } from './engine/ports/ports.ts'
import type { Jobs } from './engine/ports/wakeups.ts'
import { agentReports } from './engine/reports.ts'
import { sweep } from './engine/sweep.ts'
import type { Part } from './parts.ts'
import { reachRedis } from './redis.ts'
import { givenAuthorityOf, tlsOf } from './tls.ts'

/** How long agents get to hang up, and jobs to come to an end. */
export const CLOSE_WITHIN_MS = 5000

/** Resolves once `signal` has ended it. @throws MusterError when it cannot start */
export async function runCoordinator(config: Config, log: Logger, signal: AbortSignal): Promise<void> {
  refuseExposure(config)
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
  const clock = Date.now
  const dataDir = config['data-dir']
  const tls = tlsOf(config)
  await makeDataDirectory(dataDir)
  await lockDirectory('coordinator', dataDir)
  const keys = await openKeys({ dir: config['key-dir'] ?? join(dataDir, 'keys'), given: givenAuthorityOf(config), clock, log })
  parts.push(keys)
  const redis = await reachRedis(config, log, parts)
  await claimKeys(redis.commands, keys.fingerprint)
  const sealed = { redis: redis.commands, seals: keys.seals, log }
  if (config['adopt-unsealed']) log.warn({ adopted: await adoptUnsealed(sealed, keys.vault) }, 'what had no seal is taken over as it was')
  const era = new Era(redis.commands)

  const id = `${hostname()}-${randomUUID().slice(0, 8)}`
  const mailbox = sayUnavailable(redisMailbox(redis.commands))
  const outputs = sayUnavailable(redisOutputs(redis.commands))
  const asks = sayUnavailable(await openAsks(redis.commands, redis.notices, id, log))
  parts.push(asks)
  const heartbeats = new RedisHeartbeats(redis.commands, log)
  parts.push(heartbeats)
  const queue = openQueue(redis, log)
  const audit = sayUnavailable(redisAudit(redis.commands, clock))
  const { announcements, webhooks, deliver, queue: deliveries } = openWebhooks(redis, { seals: keys.seals, vault: keys.vault, clock, log })
  const vitals = queueVitals([queue, deliveries], redis.commands)
  const ports: Ports = {
    ...redisStores(sealed),
    rollouts: sayUnavailable(redisRollouts(redis)),
    hosts: sayUnavailable(redisHosts(redis.commands, () => heartbeats.hearingSinceMs)),
    mailbox,
    wakeups: bullWakeups(queue),
    audit,
    announcements,
    signer: keys.signer,
    seals: keys.seals,
    clock,
    log,
  }
  const answers = sayUnavailable(redisAnswers(redis.commands, keys.vault))
  const artifacts = await openFileArtifacts(dataDir, config.artifacts === undefined ? {} : { shared: config.artifacts })
  const tokens = sayUnavailable(redisTokens(sealed, clock))
  const identities = sayUnavailable(redisIdentities(sealed))
  /** As they are set, until their ports are known. */
  const bound = { http: config.http, grpc: config.grpc }
  const machineUrls = () => ({ http: config['advertise-http'] ?? `https://${formatAddress(bound.http)}`, grpc: formatAddress(bound.grpc) })
  const http = await createHttpApp({
    access: null, https: null, authority: keys.authority, identities, tokens, machineUrls, ports, artifacts, outputs, asks, mail: mailbox, audit,
    answers, webhooks, vitals, version: VERSION, log,
  })
  parts.push(http)
  const httpAddress = await listenHttp(http, config.http)
  bound.http = httpAddress

  const sessions = createSessionServer({
    registry: sayUnavailable(redisSessions(redis.commands, id, () => era.leastEpoch())),
    doorbell: redisDoorbell(redis.notices, id),
    asks,
    mailbox,
    heartbeats,
    outputs,
    history: ports.history,
    reports: agentReports(ports),
    signer: ports.signer,
    trust: () => keys.authority.trust(),
    artifactUrl: `${config['advertise-http'] ?? `http://${formatAddress(httpAddress)}`}/v1/artifacts`,
    heartbeatMs: config['heartbeat-ms'],
    credentials: sessionCredentials(tls),
    machines: null,
    boundLabels: config['bound-labels'],
    clock,
    log,
  })
  parts.push({ close: () => sessions.close(CLOSE_WITHIN_MS) })
  redis.onOtherServer(() => sessions.renew())
  const grpcPort = await sessions.listen(config.grpc)
  bound.grpc = { ...config.grpc, port: grpcPort }
  parts.push(await runJobs({ connections: redis, queue, wakeups: ports.wakeups, jobs: era.heldBack(jobsOn(ports)), log }))
  parts.push(await deliver())
  log.info(
    {
      id,
      http: formatAddress(httpAddress),
      grpc: formatAddress({ ...config.grpc, port: grpcPort }),
      redis: config.redis === undefined ? 'private' : 'given',
    },
    'listening',
  )
}

/** Until machines have identities, whoever runs the coordinator may have a certificate demanded of agents. */
function sessionCredentials(tls: Tls | null): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure()
  return ServerCredentials.createSsl(tls.ca, [{ cert_chain: tls.cert, private_key: tls.key }], true)
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
    const listening = await http.listen(address)
    return parseAddress(new URL(listening).host) ?? address
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw problem('config_invalid', `--http: cannot listen on ${formatAddress(address)}: ${why}`, {
      field: '--http',
      expected: 'a free address of this machine',
    })
  }
}
