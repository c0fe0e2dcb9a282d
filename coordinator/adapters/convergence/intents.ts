/** Intents in Redis: one hash per service, a field per deployment that speaks for its hosts. */
import type { Redis } from 'ioredis'
import { MAX_INTENTS } from '../../engine/ports/convergence.ts'
import type { Intent, Intents } from '../../engine/ports/convergence.ts'

const intentsKey = (service: string) => `{s:${service}}:intents`

export function redisIntents(redis: Redis): Intents {
  const of = async (service: string): Promise<Intent[]> => {
    const values = await redis.hvals(intentsKey(service))
    return values.map((value) => JSON.parse(value) as Intent).sort((a, b) => b.generation - a.generation)
  }
  return {
    of,
    async put(intent) {
      await redis.hset(intentsKey(intent.service), intent.rollout, JSON.stringify(intent))
      const eldest = (await of(intent.service)).slice(MAX_INTENTS).map(({ rollout }) => rollout)
      if (eldest.length > 0) await redis.hdel(intentsKey(intent.service), ...eldest)
    },
    drop: async (service, rollout) => void (await redis.hdel(intentsKey(service), rollout)),
  }
}
