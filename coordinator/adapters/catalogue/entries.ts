/**
 * Services and the history of their entries in Redis. An entry never changes once it is written; the numbers of a service's kept entries have no
 * gaps and end with the current one.
 */
import type { Redis } from 'ioredis'
import { problem } from '../../../shared/errors.ts'
import { LATER_FIELDS } from '../../../shared/service.ts'
import type { ServiceSpec } from '../../../shared/service.ts'
import { NO_NOTE, nextEntry } from '../../engine/entry.ts'
import { MAX_KEPT_ENTRIES } from '../../engine/ports/catalogue.ts'
import type { Applied, Catalogue, EntryNote, ServiceEntry } from '../../engine/ports/catalogue.ts'
import { byName } from '../../rollout/order.ts'
import { loadScript } from '../redis/script.ts'

const SERVICES = '{catalogue}:services'
const entriesKey = (service: string) => `{catalogue}:entries:${service}`

const putEntry = loadScript<0 | 1>(new URL('./lua/put-entry.lua', import.meta.url))

/** Applies that may be overtaken in a row by others of the same service. */
export const MAX_APPLY_CONFLICTS = 20

type Entries = Pick<Catalogue, 'apply' | 'service' | 'services' | 'entry' | 'entries'>

export function redisEntries(redis: Redis): Entries {
  const current = async (service: string) => decoded(await redis.hget(SERVICES, service))
  return {
    apply: (spec, by, now, note = NO_NOTE) => apply(redis, spec, { by, now, note }),
    service: current,
    services: async () => (await redis.hvals(SERVICES)).flatMap((text) => decoded(text) ?? []).sort((a, b) => byName(a.spec.service, b.spec.service)),
    entry: async (service, entry) => decoded(await redis.hget(entriesKey(service), String(entry))),

    async entries(service, { before, limit }) {
      const latest = (await current(service))?.entry ?? 0
      const first = Math.min(latest, (before ?? Infinity) - 1)
      const numbers = Array.from({ length: Math.max(0, Math.min(limit, first)) }, (_, index) => String(first - index))
      if (numbers.length === 0) return []
      return (await redis.hmget(entriesKey(service), ...numbers)).flatMap((text) => decoded(text) ?? [])
    },
  }
}

async function apply(redis: Redis, spec: ServiceSpec, { by, now, note }: { by: string; now: number; note: EntryNote }): Promise<Applied> {
  for (let conflicts = 0; conflicts < MAX_APPLY_CONFLICTS; conflicts++) {
    const text = await redis.hget(SERVICES, spec.service)
    const applied = nextEntry(decoded(text), spec, by, now, note)
    if (applied.outcome === 'unchanged') return applied
    const { entry } = applied
    const args = [spec.service, text ?? '', JSON.stringify(entry), entry.entry, entry.entry - MAX_KEPT_ENTRIES]
    if ((await putEntry(redis, [SERVICES, entriesKey(spec.service)], args)) === 1) return applied
  }
  throw problem('unavailable', `${spec.service} is being changed by many at once; try again`)
}

/** What was written before a field existed has its default. */
function decoded(text: string | null): ServiceEntry | null {
  if (text === null) return null
  const entry = JSON.parse(text) as ServiceEntry
  return { ...NO_NOTE, ...entry, spec: { ...LATER_FIELDS, ...entry.spec } }
}
