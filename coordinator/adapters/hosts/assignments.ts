/** Assignments in Redis: one sealed hash per service, a field per host. */
import type { Assignment, Assignments } from '../../engine/ports/hosts.ts'
import { loadScript } from '../redis/script.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'
import { assignedKey } from './keys.ts'

const assign = loadScript<0 | 1>(new URL('./lua/assign.lua', import.meta.url))

export function assignmentRecords(store: SealedStore, service: string): SealedHash<Assignment> {
  return new SealedHash(store, assignedKey(service))
}

export function redisAssignments(store: SealedStore): Assignments {
  const { redis } = store
  return {
    async assign(assignment) {
      const { service, host, generation } = assignment
      const records = assignmentRecords(store, service)
      await assign(redis, [records.key], [host, ...generation, records.seal(host, assignment)])
    },
    of: (service, hosts) => assignmentRecords(store, service).some(hosts),
    async forget(service, host) {
      await redis.hdel(assignedKey(service), host)
    },
  }
}
