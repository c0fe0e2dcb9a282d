/**
 * Ended rollouts out of the way: all of one in a single compressed value, read like any other and never changed again. Owns its format and version.
 * The rows of 100,000 hosts take a tenth of what they took, and nothing of them is in anybody's way.
 */
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Redis } from 'ioredis'
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import type { RolloutStore } from '../../engine/ports/rollouts.ts'
import type { Rollout, Task } from '../../rollout/state.ts'
import { readFields } from './fields.ts'
import { decodeRollout } from './rollout-body.ts'
import { INDEX, rolloutKeys } from './rollout-keys.ts'
import { loadScript } from './script.ts'
import { decodeTask } from './task-row.ts'

/** Rows read at a time while an archive is made. */
export const ROWS_AT_ONCE = 500

const VERSION = 1
/** Body and rows as they lay in Redis; the rows in the rollout's order. */
type Packed = { format: number; version: number; body: string; rows: [host: HostName, row: string][] }
export type Archived = { rollout: Rollout; version: number; tasks: Task[] }

export type Archive = Pick<RolloutStore, 'hot' | 'archive' | 'archived' | 'forget'> & {
  read(id: RolloutId): Promise<Archived | null>
}

const archiveScript = loadScript<0 | 1>(new URL('./lua/archive-rollout.lua', import.meta.url))
const [pack, unpack] = [promisify(gzip), promisify(gunzip)]

export function rolloutArchive(redis: Redis): Archive {
  return {
    hot: (service) => redis.zrange(INDEX.hot(service), 0, '-1'),
    archived: (service) => redis.zrange(INDEX.archived(service), 0, '-1'),

    async archive(id, service) {
      const keys = rolloutKeys(id)
      const [version, body] = await redis.hmget(keys.state, 'version', 'body')
      if (typeof version === 'string' && typeof body === 'string') {
        const packed: Packed = { format: VERSION, version: Number(version), body, rows: await rowsOf(redis, id) }
        const names = [keys.archive, keys.state, keys.inbox, keys.outbox, keys.tasks, keys.order, keys.due, keys.feed, ...keys.queues]
        if ((await archiveScript(redis, names, [version, await pack(JSON.stringify(packed))])) === 0) return false
      }
      // Also where it was archived before, and whoever did it died before this.
      const place = await redis.zscore(INDEX.hot(service), id)
      if (place !== null && (await redis.exists(keys.archive)) === 1) await redis.zadd(INDEX.archived(service), place, id)
      await redis.zrem(INDEX.hot(service), id)
      return true
    },

    async forget(id, service) {
      await redis.unlink(rolloutKeys(id).archive)
      await redis.multi().zrem(INDEX.archived(service), id).zrem(INDEX.all, id).zrem(INDEX.ofService(service), id).exec()
    },

    async read(id) {
      const value = await redis.getBuffer(rolloutKeys(id).archive)
      if (value === null) return null
      const { format, version, body, rows } = JSON.parse((await unpack(value)).toString()) as Packed
      if (format !== VERSION) throw new Error(`the archive of ${id} has format ${format}; this coordinator knows ${VERSION}`)
      return { rollout: decodeRollout(body), version, tasks: rows.map(([host, row]) => decodeTask(host, row)) }
    },
  }
}

async function rowsOf(redis: Redis, id: RolloutId): Promise<Packed['rows']> {
  const { order, tasks } = rolloutKeys(id)
  const hosts = await redis.zrange(order, 0, '-1')
  const rows: Packed['rows'] = []
  for (let from = 0; from < hosts.length; from += ROWS_AT_ONCE) {
    const page = hosts.slice(from, from + ROWS_AT_ONCE)
    rows.push(...await readFields(redis, tasks, page, (row) => row))
  }
  return rows
}
