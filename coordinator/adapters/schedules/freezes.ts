/**
 * Freezes in Redis: one sealed hash, a field per name. Read whenever a rollout moves, and small. Nobody knows what one that does not open was about,
 * so it is about everything, until somebody removes it.
 */
import { MAX_FREEZES } from '../../engine/ports/freezes.ts'
import type { Freeze, Freezes } from '../../engine/ports/freezes.ts'
import { SYSTEM_ACTOR } from '../../engine/ports/audit.ts'
import { byName } from '../../rollout/order.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'

/** Of one that does not open: nobody waits for it. */
const FOR_EVER_MS = Date.UTC(9999, 0)

export function freezeRecords(store: SealedStore): SealedHash<Freeze> {
  return new SealedHash(store, '{plans}:freezes')
}

export function redisFreezes(store: SealedStore): Freezes {
  const freezes = freezeRecords(store)
  return {
    add: (freeze) => freezes.add(freeze.name, freeze, MAX_FREEZES),
    remove: async (name) => (await store.redis.hdel(freezes.key, name)) === 1,
    async all() {
      const { records, tampered } = await freezes.everything()
      return [...records, ...tampered.map(total)].sort((a, b) => byName(a.name, b.name))
    },
  }
}

function total(name: string): Freeze {
  const reason = 'tampered: what Redis holds of this freeze is not what Muster has written there; remove it, and add it anew'
  return { name, window: { kind: 'once', fromMs: 0, toMs: FOR_EVER_MS }, services: null, hosts: null, reason, by: SYSTEM_ACTOR, createdAtMs: 0 }
}
