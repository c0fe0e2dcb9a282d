/** Those of the engine's ports that are nothing but Redis, sealed where orders follow from it: each says `unavailable` when it cannot answer. */
import type { Ports } from '../engine/ports/ports.ts'
import { redisCatalogue } from './catalogue/catalogue.ts'
import { redisIntents } from './convergence/intents.ts'
import { redisTries } from './convergence/tries.ts'
import { redisAssignments } from './hosts/assignments.ts'
import { redisHistory } from './hosts/history.ts'
import { redisPlaces } from './places/places.ts'
import type { SealedStore } from './redis/sealed-texts.ts'
import { sayUnavailable } from './redis/unavailable.ts'
import { redisFreezes } from './schedules/freezes.ts'
import { redisSchedules } from './schedules/schedules.ts'
import { redisTurns } from './turns/turns.ts'

export type Stores = Pick<Ports, 'catalogue' | 'assignments' | 'history' | 'places' | 'intents' | 'tries' | 'freezes' | 'schedules' | 'turns'>

export function redisStores(store: SealedStore): Stores {
  const { redis } = store
  return {
    catalogue: sayUnavailable(redisCatalogue(store)),
    assignments: sayUnavailable(redisAssignments(store)),
    history: sayUnavailable(redisHistory(redis)),
    places: sayUnavailable(redisPlaces(redis)),
    intents: sayUnavailable(redisIntents(store)),
    tries: sayUnavailable(redisTries(redis)),
    freezes: sayUnavailable(redisFreezes(store)),
    schedules: sayUnavailable(redisSchedules(store)),
    turns: sayUnavailable(redisTurns(redis)),
  }
}
