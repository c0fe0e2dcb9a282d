/** Freezes in Redis: one hash, a field per name. Read whenever a rollout moves, and small. */
import type { Redis } from 'ioredis'
import { MAX_FREEZES } from '../../engine/ports/freezes.ts'
import type { Freeze, Freezes } from '../../engine/ports/freezes.ts'

const FREEZES = '{plans}:freezes'

export function redisFreezes(redis: Redis): Freezes {
  return {
    async add(freeze) {
      if ((await redis.hlen(FREEZES)) >= MAX_FREEZES) return 'full'
      return (await redis.hsetnx(FREEZES, freeze.name, JSON.stringify(freeze))) === 1 ? 'added' : 'exists'
    },
    remove: async (name) => (await redis.hdel(FREEZES, name)) === 1,
    async all() {
      const freezes = (await redis.hvals(FREEZES)).map((json) => JSON.parse(json) as Freeze)
      return freezes.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
  }
}
