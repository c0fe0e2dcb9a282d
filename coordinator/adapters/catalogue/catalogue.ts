/**
 * The service catalogue in Redis, under the tag `{catalogue}`. Of a release nothing but its signatures changes once it is written; what a revision is
 * made of does not either.
 */
import type { Redis } from 'ioredis'
import { problem } from '../../../shared/errors.ts'
import type { Catalogue, Release, Released, RevisionRecord } from '../../engine/ports/catalogue.ts'
import { byName } from '../../rollout/order.ts'
import { loadScript } from '../redis/script.ts'
import { MAX_APPLY_CONFLICTS, redisEntries } from './entries.ts'

const REVISIONS = '{catalogue}:revisions'
const releasesKey = (service: string) => `{catalogue}:releases:${service}`

const putRelease = loadScript<0 | 1>(new URL('./lua/put-release.lua', import.meta.url))

/** What a revision and a release mean that did not say this yet. */
const LATER_IN_GOAL = { instances: {}, release: null }
const LATER_IN_RELEASE = { envelope: null }

/** Revisions in one write: each may be as large as the variables of a host. */
export const REVISIONS_AT_ONCE = 200

export function redisCatalogue(redis: Redis): Catalogue {
  return {
    ...redisEntries(redis),

    release: (release, isSigned = () => true) => addRelease(redis, release, isSigned),
    getRelease: async (service, version) => releaseIn(await redis.hget(releasesKey(service), version)),
    releases: async (service) =>
      (await redis.hvals(releasesKey(service))).flatMap((text) => releaseIn(text) ?? []).sort(
        (a, b) => b.createdAtMs - a.createdAtMs || byName(b.version, a.version),
      ),

    putRevisions: (records) => putRevisions(redis, records),
    revision: async (revision) => (await revisions(redis, [revision])).get(revision) ?? null,
    revisions: (names) => revisions(redis, names),
  }
}

async function addRelease(redis: Redis, release: Release, isSigned: (there: Release) => boolean): Promise<Released> {
  const { service, version } = release
  for (let conflicts = 0; conflicts < MAX_APPLY_CONFLICTS; conflicts++) {
    const text = await redis.hget(releasesKey(service), version)
    const there = releaseIn(text)
    if (there !== null && !isSame(there, release)) return { outcome: 'exists', release: there }
    if (there !== null && isSigned(there)) return { outcome: 'unchanged', release: there }
    const { createdAtMs, createdBy } = there ?? release
    const next = { ...release, createdAtMs, createdBy }
    const written = await putRelease(redis, [releasesKey(service)], [version, text ?? '', JSON.stringify(next)])
    if (written === 1) return { outcome: there === null ? 'created' : 'signed', release: next }
  }
  throw problem('unavailable', `${service} ${version} is being made by many at once; try again`)
}

function isSame(one: Release, other: Release): boolean {
  return one.srv.digest === other.srv.digest && one.cmd?.digest === other.cmd?.digest
}

function releaseIn(text: string | null): Release | null {
  return text === null ? null : { ...LATER_IN_RELEASE, ...(JSON.parse(text) as Release) }
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
  return new Map(found.map((record) => [record.goal.revision, { ...record, goal: { ...LATER_IN_GOAL, ...record.goal } }]))
}

function values<T>(texts: readonly (string | null)[]): T[] {
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as T]))
}
