/** What watchers are told. Any number of them wait on one connection: a notice makes them look, and they look now and then without one. */
import type { Redis } from 'ioredis'
import type { RolloutChange } from '../../../shared/api/change.ts'
import { problem } from '../../../shared/errors.ts'
import type { FeedEntry, RolloutStore } from '../../engine/ports/rollouts.ts'
import { Bell } from './bell.ts'
import type { Notices } from './notices.ts'
import { rolloutKeys } from './rollout-keys.ts'

/** A notice that is lost costs a watcher this long. */
export const FEED_POLL_MS = 1000

export function rolloutFeed(redis: Redis, notices: Notices): RolloutStore['feed'] {
  /** @throws MusterError body_invalid for an `after` that no entry had */
  return async (id, after, { limit, blockMs, signal }) => {
    if (after !== null && !/^\d{1,19}(-\d{1,19})?$/.test(after)) {
      throw problem('body_invalid', `'${after}' is not the id of a change`, { field: 'Last-Event-ID', expected: 'an id that this feed has sent' })
    }
    const { feed } = rolloutKeys(id)
    const read = () => readAfter(redis, feed, after, limit)
    const first = await read()
    if (first.length > 0 || blockMs <= 0 || signal.aborted) return first

    const bell = new Bell()
    const ring = () => bell.ring()
    const listening = notices.listen(feed, ring)
    // Once it listens it looks again: something may have come in between. Where it cannot listen it looks now and then.
    listening.then(ring, () => undefined)
    try {
      const deadline = performance.now() + blockMs
      for (;;) {
        const leftMs = deadline - performance.now()
        await bell.rung(Math.min(Math.max(leftMs, 0), FEED_POLL_MS), signal)
        const entries = await read()
        if (entries.length > 0 || leftMs <= 0 || signal.aborted) return entries
      }
    } finally {
      listening.then((stop) => stop(), () => undefined)
    }
  }
}

async function readAfter(redis: Redis, key: string, after: string | null, limit: number): Promise<FeedEntry[]> {
  const entries = await redis.xrange(key, after === null ? '-' : `(${after}`, '+', 'COUNT', limit)
  return entries.map(([id, [, change]]) => ({ id, change: JSON.parse(change ?? 'null') as RolloutChange }))
}
