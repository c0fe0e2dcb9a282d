/** Tries of catch-ups in Redis: one hash per service, a field per host; a later try takes the place of the former. */
import type { Redis } from 'ioredis'
import type { CatchUpTries, Tries } from '../../engine/ports/convergence.ts'
import { readFields } from '../redis/fields.ts'

const triesKey = (service: string) => `{s:${service}}:catch-ups`

export function redisTries(redis: Redis): CatchUpTries {
  return {
    async put(service, tries) {
      if (tries.size > 0) await redis.hset(triesKey(service), ...[...tries].flatMap(([host, one]) => [host, JSON.stringify(one)]))
    },
    of: (service, hosts) => readFields(redis, triesKey(service), hosts, (json) => JSON.parse(json) as Tries),
    forget: async (service, host) => void (await redis.hdel(triesKey(service), host)),
  }
}
