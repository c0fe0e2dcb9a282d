/** Intents in Redis: one sealed hash per service, a field per deployment that speaks for its hosts. */
import { MAX_INTENTS } from '../../engine/ports/convergence.ts'
import type { Intent, Intents } from '../../engine/ports/convergence.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'

export function intentRecords(store: SealedStore, service: string): SealedHash<Intent> {
  return new SealedHash(store, `{s:${service}}:intents`)
}

export function redisIntents(store: SealedStore): Intents {
  const { redis } = store
  const of = async (service: string): Promise<Intent[]> => (await intentRecords(store, service).all()).sort((a, b) => b.generation - a.generation)
  return {
    of,
    async put(intent) {
      const records = intentRecords(store, intent.service)
      await redis.hset(records.key, intent.rollout, records.seal(intent.rollout, intent))
      const eldest = (await of(intent.service)).slice(MAX_INTENTS).map(({ rollout }) => rollout)
      if (eldest.length > 0) await redis.hdel(records.key, ...eldest)
    },
    drop: async (service, rollout) => void (await redis.hdel(intentRecords(store, service).key, rollout)),
  }
}
