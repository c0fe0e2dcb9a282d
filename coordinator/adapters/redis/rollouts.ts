/**
 * Rollouts in Redis: the engine's RolloutStore. Owns the compare-and-set that everything else rests on; creating, reading rows, the indices and
 * the feed are files of their own.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { problem } from '../../../shared/errors.ts'
import type { RolloutId } from '../../../shared/ids.ts'
import { hasEnded } from '../../../shared/states.ts'
import { MAX_FEED_LENGTH, MAX_INBOX_BATCH } from '../../engine/ports/rollouts.ts'
import type { Loaded, OutboxEntry, RolloutStore, Save, Saved } from '../../engine/ports/rollouts.ts'
import type { Effect } from '../../rollout/effect.ts'
import type { AgentEvent } from '../../rollout/event.ts'
import type { QueueName, Task } from '../../rollout/state.ts'
import { queuesOf } from '../../rollout/tally.ts'
import type { RedisConnections } from './connection.ts'
import { rolloutArchive } from './rollout-archive.ts'
import { rolloutCreation } from './rollout-creation.ts'
import { decodeRollout, encodeRollout } from './rollout-body.ts'
import { rolloutFeed } from './rollout-feed.ts'
import { rolloutIndex } from './rollout-index.ts'
import { QUEUE_NAMES, rolloutKeys } from './rollout-keys.ts'
import { readingArchive } from './rollout-reading.ts'
import { rolloutRows } from './rollout-rows.ts'
import { loadScript } from './script.ts'
import type { ScriptArgument } from './script.ts'
import { encodeTask } from './task-row.ts'
import { sayUnavailable } from './unavailable.ts'

/** Events that wait for the engine; ten per host of a large rollout. Beyond it agents keep theirs and send them again. */
export const MAX_INBOX_LENGTH = 100_000

type LoadReply = [[version: string | null, rollout: string | null], inbox: string[], outbox: string[]]

const readScript = loadScript<LoadReply>(new URL('./lua/load-rollout.lua', import.meta.url))
const saveScript = loadScript<['saved', ...string[]] | ['conflict'] | ['reopens']>(new URL('./lua/save-rollout.lua', import.meta.url))
const postScript = loadScript<'posted' | 'unknown' | 'full'>(new URL('./lua/post-event.lua', import.meta.url))

/** Besides what the port says, every method throws MusterError unavailable when Redis cannot answer. */
export function redisRollouts({ commands, notices }: Pick<RedisConnections, 'commands' | 'notices'>): RolloutStore {
  const archive = rolloutArchive(commands)
  const { add, ...index } = rolloutIndex(commands, async (id) => (await archive.read(id))?.rollout ?? null)
  const rows = rolloutRows(commands)
  return sayUnavailable<RolloutStore>({
    create: rolloutCreation(commands, add),
    ...rows,
    ...readingArchive({ load: (id) => load(commands, id), tasks: rows.tasks, page: rows.page }, archive),
    ...index,
    ...archive,
    feed: rolloutFeed(commands, notices),

    async save(id, save): Promise<Saved> {
      const keys = rolloutKeys(id)
      const scriptKeys = [keys.state, keys.tasks, keys.due, keys.inbox, keys.outbox, keys.feed, ...keys.queues]
      const token = randomUUID()
      let reply = await saveScript(commands, scriptKeys, saveArguments(save, token, '0'))
      if (reply[0] === 'reopens') {
        await add(id, save.rollout.service, save.version + 1)
        reply = await saveScript(commands, scriptKeys, saveArguments(save, token, '1'))
      }
      const [outcome, ...outbox] = reply
      return outcome === 'saved' ? { outcome, outbox: outbox.map(outboxEntry) } : { outcome: 'conflict' }
    },

    async performed(id, seq) {
      await commands.zremrangebyscore(rolloutKeys(id).outbox, '-inf', seq)
    },

    async post(id: RolloutId, event: AgentEvent): Promise<boolean> {
      const keys = rolloutKeys(id)
      const outcome = await postScript(commands, [keys.state, keys.inbox], [JSON.stringify(event), MAX_INBOX_LENGTH])
      if (outcome === 'full') throw problem('unavailable', `${MAX_INBOX_LENGTH} reports wait to be taken in by ${id}; send this one again later`)
      return outcome === 'posted'
    },
  })
}

async function load(redis: Redis, id: RolloutId): Promise<Loaded | null> {
  const keys = rolloutKeys(id)
  const [[version, body], inbox, outbox] = await readScript(redis, [keys.state, keys.inbox, keys.outbox], [MAX_INBOX_BATCH])
  if (version === null || body === null) return null
  return {
    rollout: decodeRollout(body), version: Number(version),
    inbox: inbox.map((event) => JSON.parse(event) as AgentEvent), outbox: outbox.map(outboxEntry),
  }
}

/** In the order of save-rollout.lua. */
function saveArguments({ rollout, version, tasks, consumed, effects, changes }: Save, token: string, indexed: '0' | '1'): ScriptArgument[] {
  const list = (items: readonly ScriptArgument[]) => [items.length, ...items]
  const queues = tasks.map((task) => ({ host: task.host, places: queuesOf(task) }))
  const inQueue = (name: QueueName) => queues.flatMap(({ host, places }) => (places[name] === undefined ? [] : [places[name], host]))
  const due = tasks.flatMap((task: Task) => (task.dueAtMs === null ? [] : [task.dueAtMs, task.host]))
  return [
    version, token, hasEnded(rollout.phase) ? '1' : '0', indexed, encodeRollout(rollout), consumed, MAX_FEED_LENGTH,
    ...list(tasks.map((task) => task.host)),
    ...list(tasks.flatMap((task) => [task.host, encodeTask(task)])),
    ...list(due),
    ...QUEUE_NAMES.flatMap((name) => list(inQueue(name))),
    ...list(effects.map((effect) => JSON.stringify(effect))),
    ...list(changes.map((change) => JSON.stringify(change))),
  ]
}

function outboxEntry(text: string): OutboxEntry {
  const space = text.indexOf(' ')
  return { seq: Number(text.slice(0, space)), effect: JSON.parse(text.slice(space + 1)) as Effect }
}
