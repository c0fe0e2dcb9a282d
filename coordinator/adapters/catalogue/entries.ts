/**
 * Services and the history of their entries in Redis, sealed: the current one about its service, those of the history about their numbers. An entry
 * never changes once it is written; the numbers of a service's kept entries have no gaps and end with the current one.
 */
import { problem } from '../../../shared/errors.ts'
import { LATER_FIELDS } from '../../../shared/service.ts'
import type { ServiceSpec } from '../../../shared/service.ts'
import { NO_NOTE, nextEntry } from '../../engine/entry.ts'
import { MAX_KEPT_ENTRIES } from '../../engine/ports/catalogue.ts'
import type { Applied, Catalogue, EntryNote, ServiceEntry } from '../../engine/ports/catalogue.ts'
import { byName } from '../../rollout/order.ts'
import { loadScript } from '../redis/script.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'

const putEntry = loadScript<0 | 1>(new URL('./lua/put-entry.lua', import.meta.url))

/** Applies that may be overtaken in a row by others of the same service. */
export const MAX_APPLY_CONFLICTS = 20

type Entries = Pick<Catalogue, 'apply' | 'service' | 'services' | 'entry' | 'entries'>

export function currentRecords(store: SealedStore): SealedHash<ServiceEntry> {
  const repair = 'what it should be, applied again: muster service apply -f FILE'
  return new SealedHash(store, '{catalogue}:services', { what: (service) => `the entry of ${service}`, repair })
}

export function historyRecords(store: SealedStore, service: string): SealedHash<ServiceEntry> {
  const repair = `another entry: muster service history ${service}`
  return new SealedHash(store, `{catalogue}:entries:${service}`, { what: (entry) => `entry ${entry} of ${service}`, repair })
}

export function redisEntries(store: SealedStore): Entries {
  const services = currentRecords(store)
  return {
    apply: (spec, by, now, note = NO_NOTE) => apply(store, spec, { by, now, note }),
    service: async (service) => whole(await services.get(service)),
    services: async () => (await services.all()).map(whole).sort((a, b) => byName(a.spec.service, b.spec.service)),
    entry: async (service, entry) => whole(await historyRecords(store, service).get(String(entry))),

    async entries(service, { before, limit }) {
      const latest = (await services.get(service))?.entry ?? 0
      const first = Math.min(latest, (before ?? Infinity) - 1)
      const numbers = Array.from({ length: Math.max(0, Math.min(limit, first)) }, (_, index) => String(first - index))
      return [...(await historyRecords(store, service).some(numbers)).values()].map(whole)
    },
  }
}

async function apply(store: SealedStore, spec: ServiceSpec, { by, now, note }: { by: string; now: number; note: EntryNote }): Promise<Applied> {
  const { service } = spec
  const [services, history] = [currentRecords(store), historyRecords(store, service)]
  for (let conflicts = 0; conflicts < MAX_APPLY_CONFLICTS; conflicts++) {
    const { text, value } = await services.read(service)
    const isTampered = value === null && text !== ''
    const applied = nextEntry(whole(isTampered ? await latestOf(history) : value), spec, by, now, note)
    if (applied.outcome === 'unchanged' && !isTampered) return applied
    const { entry } = applied
    const args = [service, text, services.seal(service, entry), entry.entry, history.seal(String(entry.entry), entry), entry.entry - MAX_KEPT_ENTRIES]
    if ((await putEntry(store.redis, [services.key, history.key], args)) === 1) return applied
  }
  throw problem('unavailable', `${service} is being changed by many at once; try again`)
}

/** Where the current entry does not open, whoever applies goes on from the latest that does. */
async function latestOf(history: SealedHash<ServiceEntry>): Promise<ServiceEntry | null> {
  return (await history.all()).reduce<ServiceEntry | null>((latest, entry) => (latest !== null && latest.entry > entry.entry ? latest : entry), null)
}

/** What was written before a field existed has its default. */
function whole<T extends ServiceEntry | null>(entry: T): T {
  return entry && { ...NO_NOTE, ...entry, spec: { ...LATER_FIELDS, ...entry.spec } }
}
