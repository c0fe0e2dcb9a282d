/** Places in Redis: one hash per service, a field per host that is down by our hand, with the groups that it counts in. */
import type { Redis } from 'ioredis'
import type { Places } from '../../engine/ports/places.ts'
import { loadScript } from '../redis/script.ts'

const placesKey = (service: string) => `{s:${service}}:down`

const reserve = loadScript<[full: string, ...reserved: string[]]>(new URL('./lua/reserve-places.lua', import.meta.url))

export function redisPlaces(redis: Redis): Places {
  return {
    async reserve(service, candidates, room, atMost) {
      const groups = [...room].flatMap(([group, places]) => [group, places])
      const hosts = candidates.flatMap(({ host, groups: of }) => [host, of.join(' ')])
      const [full, ...reserved] = await reserve(redis, [placesKey(service)], [atMost, room.size, ...groups, ...hosts])
      return { reserved, full: full === '' ? null : full }
    },
    free: async (service, host) => (await redis.hdel(placesKey(service), host)) === 1,
    taken: (service) => redis.hkeys(placesKey(service)),
  }
}
