/** The HTTP edge on its real adapters, asked without a socket in between; nobody drives, so what is asked for is all that happens. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { redisAnswers } from '../../../coordinator/adapters/answers/answers.ts'
import { openFileArtifacts } from '../../../coordinator/adapters/artifacts/store.ts'
import { redisAudit } from '../../../coordinator/adapters/audit/audit.ts'
import { openAsks } from '../../../coordinator/adapters/hosts/asks.ts'
import { redisOutputs } from '../../../coordinator/adapters/hosts/outputs.ts'
import { queueVitals } from '../../../coordinator/adapters/queue/vitals.ts'
import { openWebhooks } from '../../../coordinator/adapters/webhooks/webhooks.ts'
import { createHttpApp } from '../../../coordinator/api/http/app.ts'
import type { HttpDeps } from '../../../coordinator/api/http/deps.ts'
import { realRedis, silent } from '../../conformance/real-redis.ts'
import { testKeys } from '../../keys.ts'
import { benchOn } from '../engine/bench.ts'

export type Served = Awaited<ReturnType<typeof serve>>
export type Answer = { status: number; headers: Record<string, unknown>; body: unknown }

export async function serve(change: (deps: HttpDeps) => HttpDeps = (deps) => deps) {
  const redis = await realRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'muster-http-'))
  const bench = benchOn(redis, await testKeys())
  const { commands } = redis.connections
  const asks = await openAsks(commands, redis.connections.notices, 'one', silent)
  const deps: HttpDeps = {
    ports: bench.ports, artifacts: await openFileArtifacts(dataDir), outputs: redisOutputs(commands), asks, mail: bench.mailbox,
    audit: redisAudit(commands, bench.ports.clock),
    answers: redisAnswers(commands),
    webhooks: openWebhooks(redis.connections, bench.ports.clock, silent).webhooks, vitals: queueVitals([bench.queue], commands),
    version: '0.0.0', log: silent,
  }
  const app = await createHttpApp(change(deps))
  return {
    bench, deps, app, redis, asks,
    async ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
      const response = await app.inject({ method, url, headers: { 'muster-actor': 'ann', ...headers }, ...(body === undefined ? {} : { payload: body }) })
      return { status: response.statusCode, headers: response.headers, body: response.json() }
    },
    async stop(): Promise<void> {
      await app.close()
      await bench.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
