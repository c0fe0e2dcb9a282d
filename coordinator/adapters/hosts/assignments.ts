/** Assignments in Redis: one hash per service, a field per host. */
import type { Redis } from 'ioredis'
import type { Assignment, Assignments } from '../../engine/ports/hosts.ts'
import { readFields } from '../redis/fields.ts'
import { loadScript } from '../redis/script.ts'
import { assignedKey } from './keys.ts'

const assign = loadScript<0 | 1>(new URL('./lua/assign.lua', import.meta.url))

export function redisAssignments(redis: Redis): Assignments {
  return {
    async assign(assignment) {
      const { service, host, generation } = assignment
      await assign(redis, [assignedKey(service)], [host, ...generation, JSON.stringify(assignment)])
    },
    of: (service, hosts) => readFields(redis, assignedKey(service), hosts, (json) => JSON.parse(json) as Assignment),
    async forget(service, host) {
      await redis.hdel(assignedKey(service), host)
    },
  }
}
