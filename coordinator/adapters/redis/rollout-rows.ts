/**
 * Reading a rollout's rows. What is read may be a moment newer than what was loaded; whoever acts on it saves with the version that was
 * loaded, and is refused if somebody saved in between.
 */
import type { Redis } from 'ioredis'
import type { HostName } from '../../../shared/ids.ts'
import type { RolloutStore } from '../../engine/ports/rollouts.ts'
import type { Task } from '../../rollout/state.ts'
import { beyond } from './cursor.ts'
import { readFields } from './fields.ts'
import { rolloutKeys } from './rollout-keys.ts'
import { decodeTask } from './task-row.ts'

/** Rows asked for with one command. */
export const ROWS_AT_ONCE = 500

type Rows = Pick<RolloutStore, 'tasks' | 'head' | 'due' | 'nextDueAtMs' | 'page'>

export function rolloutRows(redis: Redis): Rows {
  const read = (id: string, hosts: readonly HostName[]) => readRows(redis, rolloutKeys(id).tasks, hosts)
  return {
    async tasks(id, hosts) {
      const tasks = await read(id, hosts)
      return new Map(tasks.map((task) => [task.host, task]))
    },

    async head(id, queue, limit, places) {
      if (limit < 1) return []
      const key = rolloutKeys(id).queue(queue)
      if (places === undefined) return read(id, await redis.zrange(key, 0, String(limit - 1)))
      return read(id, await redis.zrange(key, String(places.from), String(places.to), 'BYSCORE', 'LIMIT', 0, limit))
    },

    async due(id, now, limit) {
      return read(id, await redis.zrange(rolloutKeys(id).due, '-inf', String(now), 'BYSCORE', 'LIMIT', 0, limit))
    },

    async nextDueAtMs(id) {
      const [, dueAtMs] = await redis.zrange(rolloutKeys(id).due, 0, '0', 'WITHSCORES')
      return dueAtMs === undefined ? null : Number(dueAtMs)
    },

    /** @throws MusterError body_invalid for a cursor that no page gave */
    async page(id, { states, cursor, limit }) {
      const found: Task[] = []
      let after = beyond(cursor, '-inf')
      for (;;) {
        const hosts = await redis.zrange(rolloutKeys(id).order, after, '+inf', 'BYSCORE', 'LIMIT', 0, ROWS_AT_ONCE)
        const rows = await read(id, hosts)
        found.push(...rows.filter((task) => states === null || states.includes(task.state)))
        if (found.length > limit) return { tasks: found.slice(0, limit), next: String(found[limit - 1]?.order) }
        if (hosts.length < ROWS_AT_ONCE) return { tasks: found, next: null }
        after = `(${rows.at(-1)?.order}`
      }
    },
  }
}

/** In the order of `hosts`; those that have no row are left out. */
async function readRows(redis: Redis, key: string, hosts: readonly HostName[]): Promise<Task[]> {
  const tasks: Task[] = []
  for (let from = 0; from < hosts.length; from += ROWS_AT_ONCE) {
    const asked = hosts.slice(from, from + ROWS_AT_ONCE)
    for (const [host, row] of await readFields(redis, key, asked, (text) => text)) tasks.push(decodeTask(host, row))
  }
  return tasks
}
