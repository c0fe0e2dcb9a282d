/**
 * Which rollouts there are, and which have not come to rest. Owns that an active one is never missing: it is put in before it moves, and taken out
 * only by who has seen it at rest at the version that the index knows, or a later one.
 */
import type { Redis } from 'ioredis'
import type { RolloutId } from '../../../shared/ids.ts'
import type { RolloutStore } from '../../engine/ports/rollouts.ts'
import type { Rollout } from '../../rollout/state.ts'
import { beyond } from './cursor.ts'
import { decodeRollout } from './rollout-body.ts'
import { FIRST_VERSION } from './rollout-creation.ts'
import { INDEX, rolloutKeys } from './rollout-keys.ts'
import { loadScript } from './script.ts'

type Index = Pick<RolloutStore, 'nextSequence' | 'active' | 'list' | 'latest'> & {
  /** Idempotent. `version`: the one that the rollout will have when it moves. */
  add: (id: RolloutId, service: string, version: number) => Promise<void>
}

type Standing = { id: RolloutId; is: 'active' } | { id: RolloutId; is: 'at-rest'; version: number }

const indexScript = loadScript<null>(new URL('./lua/index-rollout.lua', import.meta.url))
const unindexScript = loadScript<null>(new URL('./lua/unindex-rollouts.lua', import.meta.url))

/** @param archivedRollout reads one that is archived */
export function rolloutIndex(redis: Redis, archivedRollout: (id: RolloutId) => Promise<Rollout | null>): Index {
  return {
    nextSequence: (service) => redis.hincrby(INDEX.sequences, service, 1),

    async add(id, service, version) {
      await indexScript(redis, [INDEX.active, INDEX.all, INDEX.ofService(service), INDEX.created, INDEX.hot(service)], [id, version])
    },

    async active() {
      const ids = await redis.zrange(INDEX.active, 0, '-1')
      const standings = await Promise.all(ids.map((id) => standingOf(redis, id)))
      const atRest = standings.filter((standing) => standing.is === 'at-rest')
      if (atRest.length > 0) await unindexScript(redis, [INDEX.active], atRest.flatMap(({ id, version }) => [id, version]))
      return standings.filter(({ is }) => is === 'active').map(({ id }) => id)
    },

    /** @throws MusterError body_invalid for a cursor that no page gave */
    async list({ service, cursor, limit }) {
      const key = service === null ? INDEX.all : INDEX.ofService(service)
      const found: { rollout: Rollout; place: string }[] = []
      let before = beyond(cursor, '+inf')
      for (;;) {
        const places = await placesBefore(redis, key, before, limit + 1)
        const read = await Promise.all(places.map(async ({ id, place }) => ({ rollout: (await readRollout(redis, id)) ?? (await archivedRollout(id)), place })))
        for (const { rollout, place } of read) if (rollout !== null) found.push({ rollout, place })
        const rollouts = found.slice(0, limit).map(({ rollout }) => rollout)
        if (found.length > limit) return { rollouts, next: found[limit - 1]?.place ?? null }
        if (places.length <= limit) return { rollouts, next: null }
        before = `(${places.at(-1)?.place}`
      }
    },

    async latest(service) {
      for (let before = '+inf'; ; ) {
        const [entry] = await placesBefore(redis, INDEX.ofService(service), before, 1)
        if (entry === undefined) return null
        const { state, archive } = rolloutKeys(entry.id)
        if ((await redis.exists(state, archive)) > 0) return entry.id
        before = `(${entry.place}`
      }
    },
  }
}

/**
 * At rest: ended with everything performed. So is one whose creation crashed and whose staged rows have expired; before that it may yet be
 * published. An archived one never moves again. The version is read first: what moves afterwards has announced a later one.
 */
async function standingOf(redis: Redis, id: RolloutId): Promise<Standing> {
  const keys = rolloutKeys(id)
  const [version, ended] = await redis.hmget(keys.state, 'version', 'ended')
  if (version === null || version === undefined) {
    if ((await redis.exists(keys.archive)) === 1) return { id, is: 'at-rest', version: Number.MAX_SAFE_INTEGER }
    return (await redis.exists(keys.tasks)) === 1 ? { id, is: 'active' } : { id, is: 'at-rest', version: FIRST_VERSION }
  }
  const isAtRest = ended === '1' && (await redis.zcard(keys.outbox)) === 0
  return isAtRest ? { id, is: 'at-rest', version: Number(version) } : { id, is: 'active' }
}

async function placesBefore(redis: Redis, key: string, before: string, limit: number): Promise<{ id: RolloutId; place: string }[]> {
  const flat = await redis.zrange(key, before, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, limit, 'WITHSCORES')
  return flat.flatMap((id, i) => (i % 2 === 0 ? [{ id, place: flat[i + 1] ?? '' }] : []))
}

async function readRollout(redis: Redis, id: RolloutId): Promise<Rollout | null> {
  const body = await redis.hget(rolloutKeys(id).state, 'body')
  return body === null ? null : decodeRollout(body)
}
