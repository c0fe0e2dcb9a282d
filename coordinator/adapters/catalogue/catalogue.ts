/**
 * The service catalogue in Redis, sealed, under the tag `{catalogue}`. Of a release nothing but its signatures changes once it is written; what a revision is
 * made of does not either.
 */
import { problem } from '../../../shared/errors.ts'
import type { Catalogue, Release, Released, RevisionRecord } from '../../engine/ports/catalogue.ts'
import { byName } from '../../rollout/order.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'
import { MAX_APPLY_CONFLICTS, redisEntries } from './entries.ts'

/** What a revision and a release mean that did not say this yet. */
const LATER_IN_GOAL = { instances: {}, release: null }
const LATER_IN_RELEASE = { envelope: null }

/** Revisions in one write: each may be as large as the variables of a host. */
export const REVISIONS_AT_ONCE = 200

export function releaseRecords(store: SealedStore, service: string): SealedHash<Release> {
  const repair = `the same packages as a release again: muster release create ${service} VERSION …`
  return new SealedHash(store, `{catalogue}:releases:${service}`, { what: (version) => `release ${version} of ${service}`, repair })
}

export function revisionRecords(store: SealedStore): SealedHash<RevisionRecord> {
  return new SealedHash(store, '{catalogue}:revisions')
}

export function redisCatalogue(store: SealedStore): Catalogue {
  return {
    ...redisEntries(store),

    release: (release, isSigned = () => true) => addRelease(store, release, isSigned),
    getRelease: async (service, version) => whole(await releaseRecords(store, service).get(version)),
    releases: async (service) =>
      (await releaseRecords(store, service).all()).map(whole).sort((a, b) => b.createdAtMs - a.createdAtMs || byName(b.version, a.version)),

    putRevisions: (records) => putRevisions(store, records),
    revision: async (revision) => (await revisions(store, [revision])).get(revision) ?? null,
    revisions: (names) => revisions(store, names),
  }
}

/** In the place of one that does not open a release is made as if there were none. */
async function addRelease(store: SealedStore, release: Release, isSigned: (there: Release) => boolean): Promise<Released> {
  const { service, version } = release
  const records = releaseRecords(store, service)
  for (let conflicts = 0; conflicts < MAX_APPLY_CONFLICTS; conflicts++) {
    const seen = await records.read(version)
    const there = whole(seen.value)
    if (there !== null && !isSame(there, release)) return { outcome: 'exists', release: there }
    if (there !== null && isSigned(there)) return { outcome: 'unchanged', release: there }
    const { createdAtMs, createdBy } = there ?? release
    const next = { ...release, createdAtMs, createdBy }
    if (await records.replace(version, seen, next)) return { outcome: there === null ? 'created' : 'signed', release: next }
  }
  throw problem('unavailable', `${service} ${version} is being made by many at once; try again`)
}

function isSame(one: Release, other: Release): boolean {
  return one.srv.digest === other.srv.digest && one.cmd?.digest === other.cmd?.digest
}

function whole<T extends Release | null>(release: T): T {
  return release && { ...LATER_IN_RELEASE, ...release }
}

async function putRevisions(store: SealedStore, records: readonly RevisionRecord[]): Promise<void> {
  const sealed = revisionRecords(store)
  for (let from = 0; from < records.length; from += REVISIONS_AT_ONCE) {
    const batch = records.slice(from, from + REVISIONS_AT_ONCE)
    await store.redis.hset(sealed.key, Object.fromEntries(batch.map((record) => [record.goal.revision, sealed.seal(record.goal.revision, record)])))
  }
}

async function revisions(store: SealedStore, names: readonly string[]): Promise<Map<string, RevisionRecord>> {
  const found = await revisionRecords(store).some([...new Set(names)])
  return new Map([...found].map(([name, record]) => [name, { ...record, goal: { ...LATER_IN_GOAL, ...record.goal } }]))
}
