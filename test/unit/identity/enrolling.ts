/** Enrolment on a real Redis with real keys and a clock that the test turns; what is logged is kept. */
import { pino } from 'pino'
import { Writable } from 'node:stream'
import { redisAudit } from '../../../coordinator/adapters/audit/audit.ts'
import { redisHistory } from '../../../coordinator/adapters/hosts/history.ts'
import { redisHosts } from '../../../coordinator/adapters/hosts/registry.ts'
import { redisIdentities } from '../../../coordinator/adapters/identity/identities.ts'
import { redisTokens } from '../../../coordinator/adapters/identity/tokens.ts'
import { enrol } from '../../../coordinator/engine/enrol.ts'
import { renew } from '../../../coordinator/engine/renew.ts'
import { createToken } from '../../../coordinator/engine/tokens.ts'
import { tokenRequestSchema } from '../../../shared/api/token.ts'
import type { TokenRequest } from '../../../shared/api/token.ts'
import { MusterError } from '../../../shared/errors.ts'
import type { MachineRole } from '../../../shared/identity/names.ts'
import { testKeys } from '../../keys.ts'
import { startRedis } from '../hosts/redis-fixture.ts'
import { requestFor } from './requests.ts'
import type { MachineKey } from './requests.ts'

export const HOUR_MS = 3_600_000
const FROM = { address: '127.0.0.1', userAgent: null }

export type Enrolment = Awaited<ReturnType<typeof enrolling>>
export type Given = { id: string; secret: string }
type Asked = { role?: MachineRole; host?: string; keys: MachineKey }

export async function enrolling() {
  const fixture = await startRedis()
  const { redis } = fixture
  const { authority, seals } = await testKeys()
  let now = Date.now()
  const clock = () => now
  const logged: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, new Writable({
    write(line: Buffer, _encoding, done) {
      logged.push(JSON.parse(line.toString()) as Record<string, unknown>)
      done()
    },
  }))
  const store = { redis, seals, log }
  const [tokens, identities, audit] = [redisTokens(store, clock), redisIdentities(store), redisAudit(redis, clock)]
  const deps = { authority, identities, tokens, audit, hosts: redisHosts(redis), history: redisHistory(redis), clock, log, grpc: 'muster.example:4601', pieces: 'https://muster.example:4602' }
  return {
    ...deps, redis, logged, store,
    /** Another coordinator on the same Redis. */
    another: () => redisIdentities({ ...store, redis: fixture.connect().commands }),
    pass(ms: number): void {
      now += ms
    },
    async give(wanted: TokenRequest): Promise<Given> {
      const { token, secret } = await createToken(tokens, tokenRequestSchema.parse(wanted), 'ann', now)
      return { id: token.id, secret }
    },
    async enrol({ id, secret }: Given, { role = 'agent', host = 'web-1', keys }: Asked, by: Partial<typeof deps> = {}) {
      return enrol({ ...deps, ...by }, { id, secret, role, host, request: await requestFor(keys) }, FROM)
    },
    async renew(certificate: string, keys: MachineKey) {
      return renew(deps, { certificate, request: await requestFor(keys) })
    },
    stop: () => fixture.stop(),
  }
}

/** What it is refused with. */
export async function refusal(attempt: Promise<unknown>) {
  const error = await attempt.then(() => null, (thrown: unknown) => thrown)
  if (error instanceof MusterError) return error.problem
  throw error instanceof Error ? error : new Error('it was not refused')
}
