/** The service catalogue in Redis, under the tag `{catalogue}`. Releases are written once and never changed; so is what a revision is made of. */
import type { Redis } from 'ioredis'
import type { Catalogue, Release, Released, RevisionRecord } from '../../engine/ports/catalogue.ts'
import { byName } from '../../rollout/order.ts'
import { redisEntries } from './entries.ts'

const REVISIONS = '{catalogue}:revisions'
const releasesKey = (service: string) => `{catalogue}:releases:${service}`

/** What a revision from before there were instances means. */
const WITHOUT_INSTANCES = { instances: {} }

/** Revisions in one write: each may be as large as the variables of a host. */
export const REVISIONS_AT_ONCE = 200

export function redisCatalogue(redis: Redis): Catalogue {
  return {
    ...redisEntries(redis),

    release: (release) => addRelease(redis, release),
    getRelease: async (service, version) => parsed<Release>(await redis.hget(releasesKey(service), version)),
    releases: async (service) =>
      values<Release>(await redis.hvals(releasesKey(service))).sort(
        (a, b) => b.createdAtMs - a.createdAtMs || byName(b.version, a.version),
      ),

    putRevisions: (records) => putRevisions(redis, records),
    revision: async (revision) => (await revisions(redis, [revision])).get(revision) ?? null,
    revisions: (names) => revisions(redis, names),
  }
}

async function addRelease(redis: Redis, release: Release): Promise<Released> {
  const key = releasesKey(release.service)
  if ((await redis.hsetnx(key, release.version, JSON.stringify(release))) === 1) return { outcome: 'created', release }
  const there = parsed<Release>(await redis.hget(key, release.version)) ?? release
  const same = there.srv.digest === release.srv.digest && there.cmd?.digest === release.cmd?.digest
  return { outcome: same ? 'unchanged' : 'exists', release: there }
}

async function putRevisions(redis: Redis, records: readonly RevisionRecord[]): Promise<void> {
  for (let from = 0; from < records.length; from += REVISIONS_AT_ONCE) {
    const batch = records.slice(from, from + REVISIONS_AT_ONCE)
    await redis.hset(REVISIONS, Object.fromEntries(batch.map((record) => [record.goal.revision, JSON.stringify(record)])))
  }
}

async function revisions(redis: Redis, names: readonly string[]): Promise<Map<string, RevisionRecord>> {
  const wanted = [...new Set(names)]
  if (wanted.length === 0) return new Map()
  const found = values<RevisionRecord>(await redis.hmget(REVISIONS, ...wanted))
  return new Map(found.map((record) => [record.goal.revision, { ...record, goal: { ...WITHOUT_INSTANCES, ...record.goal } }]))
}

function parsed<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T)
}

function values<T>(texts: readonly (string | null)[]): T[] {
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as T]))
}
