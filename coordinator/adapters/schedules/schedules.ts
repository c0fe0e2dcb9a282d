/** Schedules in Redis: one hash, a field per name, changed only by who has seen the version before. */
import type { Redis } from 'ioredis'
import { MAX_SCHEDULES } from '../../engine/ports/schedules.ts'
import type { Schedule, Schedules } from '../../engine/ports/schedules.ts'
import { loadScript } from '../redis/script.ts'

const SCHEDULES = '{plans}:schedules'

const replaceSchedule = loadScript<0 | 1>(new URL('./lua/replace-schedule.lua', import.meta.url))

export function redisSchedules(redis: Redis): Schedules {
  return {
    async add(schedule) {
      if ((await redis.hlen(SCHEDULES)) >= MAX_SCHEDULES) return 'full'
      return (await redis.hsetnx(SCHEDULES, schedule.name, JSON.stringify(schedule))) === 1 ? 'added' : 'exists'
    },
    async get(name) {
      const json = await redis.hget(SCHEDULES, name)
      return json === null ? null : (JSON.parse(json) as Schedule)
    },
    async all() {
      const schedules = (await redis.hvals(SCHEDULES)).map((json) => JSON.parse(json) as Schedule)
      return schedules.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async replace(schedule) {
      const args = [schedule.name, schedule.version - 1, JSON.stringify(schedule)]
      return (await replaceSchedule(redis, [SCHEDULES], args)) === 1
    },
    remove: async (name) => (await redis.hdel(SCHEDULES, name)) === 1,
  }
}
