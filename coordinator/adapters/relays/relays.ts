/**
 * Who gives out pieces, in Redis, sealed with the time at which they were heard: so nobody who writes to Redis can send hosts to an address of his own,
 * and an older record that is put back is as old as it is.
 */
import { MAX_COORDINATORS, MAX_RELAYS, SOURCE_SILENT_AFTER_MS } from '../../engine/ports/relays.ts'
import type { CoordinatorRecord, RelayRecord, Relays } from '../../engine/ports/relays.ts'
import { byName } from '../../rollout/order.ts'
import { loadScript } from '../redis/script.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'

const RELAYS = '{relays}:heard'
const COORDINATORS = '{relays}:coordinators'

const hear = loadScript<0 | 1>(new URL('./lua/hear.lua', import.meta.url))

export function redisRelays(store: SealedStore): Relays {
  const { redis } = store
  const relays = new SealedHash<RelayRecord>(store, RELAYS)
  const coordinators = new SealedHash<CoordinatorRecord>(store, COORDINATORS)

  /** Whoever has been silent makes room; what does not open has no business here. */
  async function forgetSilent(of: SealedHash<RelayRecord | CoordinatorRecord>, nowMs: number): Promise<void> {
    const { records, tampered } = await of.everything()
    const gone = [...records.filter(({ seenAtMs }) => nowMs - seenAtMs >= SOURCE_SILENT_AFTER_MS).map(({ name }) => name), ...tampered]
    if (gone.length > 0) await redis.hdel(of.key, ...gone)
  }

  return {
    async hear(relay) {
      const isHeard = async () => await hear(redis, [RELAYS], [relay.name, relays.seal(relay.name, relay), MAX_RELAYS]) === 1
      if (await isHeard()) return true
      await forgetSilent(relays, relay.seenAtMs)
      return isHeard()
    },
    all: async () => (await relays.all()).sort((a, b) => byName(a.name, b.name)),
    forget: async (name) => await redis.hdel(RELAYS, name) === 1,
    async announce(coordinator) {
      await forgetSilent(coordinators, coordinator.seenAtMs)
      await hear(redis, [COORDINATORS], [coordinator.name, coordinators.seal(coordinator.name, coordinator), MAX_COORDINATORS])
    },
    leave: async (name) => void await redis.hdel(COORDINATORS, name),
    coordinators: async () => (await coordinators.all()).sort((a, b) => byName(a.name, b.name)),
  }
}
