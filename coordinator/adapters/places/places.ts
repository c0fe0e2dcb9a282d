/** Places in Redis: one hash per service, a field per host that is down by our hand, with the rollout that took it there and the groups that it counts in. */
import type { Redis } from 'ioredis'
import type { Places } from '../../engine/ports/places.ts'
import { loadScript } from '../redis/script.ts'

const placesKey = (service: string) => `{s:${service}}:down`

const freePlace = loadScript<0 | 1>(new URL('./lua/free-place.lua', import.meta.url))
const reserve = loadScript<[full: string, ...reserved: string[]]>(new URL('./lua/reserve-places.lua', import.meta.url))

export function redisPlaces(redis: Redis): Places {
  return {
    async reserve({ id, service }, candidates, room, atMost) {
      const groups = [...room].flatMap(([group, places]) => [group, places])
      const hosts = candidates.flatMap(({ host, groups: of }) => [host, of.join(' ')])
      const [full, ...reserved] = await reserve(redis, [placesKey(service)], [id, atMost, room.size, ...groups, ...hosts])
      return { reserved, full: full === '' ? null : full }
    },
    free: async (service, host, from) => (await freePlace(redis, [placesKey(service)], [host, from])) === 1,
    async taken(service) {
      const places = Object.entries(await redis.hgetall(placesKey(service)))
      return new Map(places.map(([host, place]) => [host, place.split(' ', 1)[0] ?? '']))
    },
  }
}
