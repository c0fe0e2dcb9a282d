/**
 * Brings a rollout into being, in an order in which a crash at any point leaves nothing that anybody sees: its rows are staged and expire by
 * themselves, then the indices name it, then one script publishes it. Whoever reads the indices skips what is not published; indexing before
 * publishing means that no rollout can exist which the sweep does not find.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { MAX_FEED_LENGTH, STAGED_ROWS } from '../../engine/ports/rollouts.ts'
import type { RolloutStore } from '../../engine/ports/rollouts.ts'
import type { Task } from '../../rollout/state.ts'
import { queuesOf } from '../../rollout/tally.ts'
import { encodeRollout } from './rollout-body.ts'
import { QUEUE_NAMES, rolloutKeys } from './rollout-keys.ts'
import type { RolloutKeys } from './rollout-keys.ts'
import { loadScript } from './script.ts'
import { encodeTask } from './task-row.ts'

/** How long what a crashed creation has staged stays. */
export const STAGED_TTL_MS = 3_600_000
/** The version that a new rollout has. */
export const FIRST_VERSION = 1

const publishScript = loadScript<'published' | 'exists' | 'incomplete'>(new URL('./lua/publish-rollout.lua', import.meta.url))

/** @param index puts a rollout into the indices */
export function rolloutCreation(redis: Redis, index: (id: string, service: string, version: number) => Promise<void>): RolloutStore['create'] {
  return async (rollout, tasks, changes) => {
    const { id, service } = rollout
    const keys = rolloutKeys(id)
    if ((await redis.exists(keys.state)) === 1) throw new Error(`rollout ${id} exists already`)
    const staged = [keys.tasks, keys.order, keys.due, ...keys.queues]
    await redis.unlink(...staged)
    for (let from = 0; from < tasks.length; from += STAGED_ROWS) await stage(redis, keys, staged, tasks.slice(from, from + STAGED_ROWS))
    await index(id, service, FIRST_VERSION)
    const feed = changes.map((change) => JSON.stringify(change))
    const publication = [randomUUID(), encodeRollout(rollout), tasks.length, MAX_FEED_LENGTH, ...feed]
    const outcome = await publishScript(redis, [keys.state, keys.feed, ...staged], publication)
    if (outcome !== 'published') throw new Error(`rollout ${id} cannot be published: ${outcome}`)
  }
}

async function stage(redis: Redis, keys: RolloutKeys, staged: readonly string[], tasks: readonly Task[]): Promise<void> {
  const batch = redis.multi()
  batch.hset(keys.tasks, ...tasks.flatMap((task) => [task.host, encodeTask(task)]))
  batch.zadd(keys.order, ...tasks.flatMap((task) => [task.order, task.host]))
  const due = tasks.flatMap((task) => (task.dueAtMs === null ? [] : [task.dueAtMs, task.host]))
  if (due.length > 0) batch.zadd(keys.due, ...due)
  for (const name of QUEUE_NAMES) {
    const places = tasks.flatMap((task) => {
      const place = queuesOf(task)[name]
      return place === undefined ? [] : [place, task.host]
    })
    if (places.length > 0) batch.zadd(keys.queue(name), ...places)
  }
  for (const key of staged) batch.pexpire(key, STAGED_TTL_MS)
  const replies = await batch.exec()
  for (const [error] of replies ?? []) if (error !== null) throw error
}
