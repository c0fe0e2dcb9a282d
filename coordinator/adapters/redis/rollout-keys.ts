/** The names of all keys that rollouts live in. docs/redis-keys.md says what each holds and for how long. */
import { QUEUE_KINDS } from '../../rollout/state.ts'
import type { QueueName } from '../../rollout/state.ts'

/** In the order in which scripts take them. */
export const QUEUE_NAMES: readonly QueueName[] = QUEUE_KINDS.flatMap((kind): QueueName[] => [`${kind}-forward`, `${kind}-back`])

/** All of one rollout share a hash tag, so that one script may touch them together. */
export function rolloutKeys(id: string) {
  const tag = `{r:${id}}`
  return {
    state: `${tag}:state`,
    tasks: `${tag}:tasks`,
    order: `${tag}:order`,
    due: `${tag}:due`,
    inbox: `${tag}:inbox`,
    outbox: `${tag}:outbox`,
    /** Also the channel on which its watchers are told to look. */
    feed: `${tag}:feed`,
    /** Instead of all others, once it is archived. */
    archive: `${tag}:archive`,
    queue: (name: QueueName) => `${tag}:queue:${name}`,
    queues: QUEUE_NAMES.map((name) => `${tag}:queue:${name}`),
  }
}

export type RolloutKeys = ReturnType<typeof rolloutKeys>

/** Which rollouts there are. Another hash tag than theirs: no script touches both. */
export const INDEX = {
  active: '{rollouts}:active',
  all: '{rollouts}:all',
  created: '{rollouts}:created',
  sequences: '{rollouts}:sequences',
  ofService: (service: string) => `{rollouts}:of:${service}`,
  hot: (service: string) => `{rollouts}:hot:${service}`,
  archived: (service: string) => `{rollouts}:archived:${service}`,
} as const
