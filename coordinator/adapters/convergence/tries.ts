/** Tries of catch-ups in Redis: one hash per service, a field per host; a later try takes the place of the former. */
import type { Redis } from 'ioredis'
import type { HostName } from '../../../shared/ids.ts'
import type { CatchUpTries, Tries } from '../../engine/ports/convergence.ts'

const triesKey = (service: string) => `{s:${service}}:catch-ups`

export function redisTries(redis: Redis): CatchUpTries {
  return {
    async put(service, tries) {
      if (tries.size > 0) await redis.hset(triesKey(service), ...[...tries].flatMap(([host, one]) => [host, JSON.stringify(one)]))
    },
    async of(service, hosts) {
      const found = new Map<HostName, Tries>()
      if (hosts.length === 0) return found
      const values = await redis.hmget(triesKey(service), ...hosts)
      hosts.forEach((host, index) => {
        const value = values[index]
        if (value) found.set(host, JSON.parse(value) as Tries)
      })
      return found
    },
  }
}
