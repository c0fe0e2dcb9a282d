/** Those of the engine's ports that are nothing but Redis: each says `unavailable` when it cannot answer. */
import type { Redis } from 'ioredis'
import type { Ports } from '../engine/ports/ports.ts'
import { redisCatalogue } from './catalogue/catalogue.ts'
import { redisIntents } from './convergence/intents.ts'
import { redisTries } from './convergence/tries.ts'
import { redisAssignments } from './hosts/assignments.ts'
import { redisHistory } from './hosts/history.ts'
import { redisPlaces } from './places/places.ts'
import { sayUnavailable } from './redis/unavailable.ts'
import { redisFreezes } from './schedules/freezes.ts'
import { redisSchedules } from './schedules/schedules.ts'
import { redisTurns } from './turns/turns.ts'

export type Stores = Pick<Ports, 'catalogue' | 'assignments' | 'history' | 'places' | 'intents' | 'tries' | 'freezes' | 'schedules' | 'turns'>

export function redisStores(redis: Redis): Stores {
  return {
    catalogue: sayUnavailable(redisCatalogue(redis)),
    assignments: sayUnavailable(redisAssignments(redis)),
    history: sayUnavailable(redisHistory(redis)),
    places: sayUnavailable(redisPlaces(redis)),
    intents: sayUnavailable(redisIntents(redis)),
    tries: sayUnavailable(redisTries(redis)),
    freezes: sayUnavailable(redisFreezes(redis)),
    schedules: sayUnavailable(redisSchedules(redis)),
    turns: sayUnavailable(redisTurns(redis)),
  }
}
