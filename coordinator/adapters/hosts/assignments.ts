/** Assignments in Redis: one hash per service, a field per host. */
import type { Redis } from 'ioredis'
import type { HostName } from '../../../shared/ids.ts'
import type { Assignment, Assignments } from '../../engine/ports/hosts.ts'
import { loadScript } from '../redis/script.ts'
import { assignedKey } from './keys.ts'

const assign = loadScript<0 | 1>(new URL('./lua/assign.lua', import.meta.url))

export function redisAssignments(redis: Redis): Assignments {
  return {
    async assign(assignment) {
      const { service, host, generation } = assignment
      await assign(redis, [assignedKey(service)], [host, ...generation, JSON.stringify(assignment)])
    },
    async of(service, hosts) {
      const found = new Map<HostName, Assignment>()
      if (hosts.length === 0) return found
      const values = await redis.hmget(assignedKey(service), ...hosts)
      hosts.forEach((host, index) => {
        const value = values[index]
        if (value) found.set(host, JSON.parse(value) as Assignment)
      })
      return found
    },
    async forget(service, host) {
      await redis.hdel(assignedKey(service), host)
    },
  }
}
