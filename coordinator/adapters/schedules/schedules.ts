/** Schedules in Redis: one sealed hash, a field per name, changed only by who has seen the version before. */
import { MAX_SCHEDULES } from '../../engine/ports/schedules.ts'
import type { Schedule, Schedules } from '../../engine/ports/schedules.ts'
import { byName } from '../../rollout/order.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'

const REPAIR = 'muster schedule add under the same name, which takes its place'

export function scheduleRecords(store: SealedStore): SealedHash<Schedule> {
  return new SealedHash(store, '{plans}:schedules', { what: (name) => `the schedule ${name}`, repair: REPAIR })
}

export function redisSchedules(store: SealedStore): Schedules {
  const schedules = scheduleRecords(store)
  return {
    add: (schedule) => schedules.add(schedule.name, schedule, MAX_SCHEDULES),
    get: (name) => schedules.get(name),
    all: async () => (await schedules.all()).sort((a, b) => byName(a.name, b.name)),
    async replace(schedule) {
      const seen = await schedules.read(schedule.name)
      return seen.value?.version === schedule.version - 1 && await schedules.replace(schedule.name, seen, schedule)
    },
    remove: async (name) => (await store.redis.hdel(schedules.key, name)) === 1,
  }
}
