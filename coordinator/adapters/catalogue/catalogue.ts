/** The service catalogue in Redis: four kinds of keys under the tag `{catalogue}`. Releases and revisions are written once and never changed. */
import type { Redis } from 'ioredis'
import { canonicalJson } from '../../../shared/digest.ts'
import { problem } from '../../../shared/errors.ts'
import type { RolloutId } from '../../../shared/ids.ts'
import type { ServiceSpec } from '../../../shared/service.ts'
import { UNCONFIRMED_LOCK_MS } from '../../engine/ports/catalogue.ts'
import type { Applied, Catalogue, Release, Released, RevisionRecord, ServiceEntry } from '../../engine/ports/catalogue.ts'
import { loadScript } from '../redis/script.ts'

const SERVICES = '{catalogue}:services'
const REVISIONS = '{catalogue}:revisions'
const releasesKey = (service: string) => `{catalogue}:releases:${service}`
const lockKey = (service: string) => `{catalogue}:lock:${service}`

const replaceField = loadScript<0 | 1>(new URL('./lua/replace-field.lua', import.meta.url))
const lockService = loadScript<string>(new URL('./lua/lock-service.lua', import.meta.url))
const unlockService = loadScript<0 | 1>(new URL('./lua/unlock-service.lua', import.meta.url))

/** Applies that may be overtaken in a row by others of the same service. */
export const MAX_APPLY_CONFLICTS = 20

export function redisCatalogue(redis: Redis): Catalogue {
  return {
    apply: (spec, by, now) => apply(redis, spec, by, now),
    service: async (name) => parsed<ServiceEntry>(await redis.hget(SERVICES, name)),
    services: async () => values<ServiceEntry>(await redis.hvals(SERVICES)).sort((a, b) => byName(a.spec.service, b.spec.service)),

    release: (release) => addRelease(redis, release),
    getRelease: async (service, version) => parsed<Release>(await redis.hget(releasesKey(service), version)),
    releases: async (service) =>
      values<Release>(await redis.hvals(releasesKey(service))).sort(
        (a, b) => b.createdAtMs - a.createdAtMs || byName(b.version, a.version),
      ),

    putRevision: async (record) => void (await redis.hsetnx(REVISIONS, record.goal.revision, JSON.stringify(record))),
    revision: async (revision) => parsed<RevisionRecord>(await redis.hget(REVISIONS, revision)),
    revisions: (names) => revisions(redis, names),

    lock: (service, id) => lockService(redis, [lockKey(service)], [id, UNCONFIRMED_LOCK_MS]),
    confirmLock: async (service, id) => void (await lockService(redis, [lockKey(service)], [id, ''])),
    unlock: async (service, id) => void (await unlockService(redis, [lockKey(service)], [id])),
    lockedBy: (service): Promise<RolloutId | null> => redis.get(lockKey(service)),
  }
}

async function apply(redis: Redis, spec: ServiceSpec, by: string, now: number): Promise<Applied> {
  for (let conflicts = 0; conflicts < MAX_APPLY_CONFLICTS; conflicts++) {
    const text = await redis.hget(SERVICES, spec.service)
    const current = parsed<ServiceEntry>(text)
    if (current !== null && canonicalJson(current.spec) === canonicalJson(spec)) return { outcome: 'unchanged', entry: current }
    const entry: ServiceEntry = { spec, entry: (current?.entry ?? 0) + 1, updatedAtMs: now, updatedBy: by }
    const written = await replaceField(redis, [SERVICES], [spec.service, text ?? '', JSON.stringify(entry)])
    if (written === 1) return { outcome: current === null ? 'created' : 'updated', entry }
  }
  throw problem('unavailable', `${spec.service} is being changed by many at once; try again`)
}

async function addRelease(redis: Redis, release: Release): Promise<Released> {
  const key = releasesKey(release.service)
  if ((await redis.hsetnx(key, release.version, JSON.stringify(release))) === 1) return { outcome: 'created', release }
  const there = parsed<Release>(await redis.hget(key, release.version)) ?? release
  const same = there.srv.digest === release.srv.digest && there.cmd?.digest === release.cmd?.digest
  return { outcome: same ? 'unchanged' : 'exists', release: there }
}

async function revisions(redis: Redis, names: readonly string[]): Promise<Map<string, RevisionRecord>> {
  const wanted = [...new Set(names)]
  if (wanted.length === 0) return new Map()
  const found = values<RevisionRecord>(await redis.hmget(REVISIONS, ...wanted))
  return new Map(found.map((record) => [record.goal.revision, record]))
}

function parsed<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T)
}

function values<T>(texts: readonly (string | null)[]): T[] {
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as T]))
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
