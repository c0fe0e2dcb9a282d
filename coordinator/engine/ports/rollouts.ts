/** Where rollouts live. One save is one atomic compare-and-set; what it promises to do later is in it as the outbox. */
import type { TaskState } from '../../../shared/states.ts'
import type { RolloutChange } from '../../../shared/api/change.ts'
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import type { Effect } from '../../rollout/effect.ts'
import type { AgentEvent } from '../../rollout/event.ts'
import type { QueueName, Rollout, Task } from '../../rollout/state.ts'

/** Events read and rows shown in one transaction. */
export const MAX_INBOX_BATCH = 200
/** Rows staged by one write while a rollout is created: a script that touches ten thousand would block Redis for 43 ms. */
export const STAGED_ROWS = 500
/** Changes kept for watchers that resume. */
export const MAX_FEED_LENGTH = 20_000

export type OutboxEntry = { seq: number; effect: Effect }

export type Loaded = {
  rollout: Rollout
  /** Grows by one with every save. */
  version: number
  inbox: AgentEvent[]
  outbox: OutboxEntry[]
  /** It can be read, and no longer changed. */
  archived?: true
}

export type Save = {
  rollout: Rollout
  /** What was loaded; the save is refused when somebody saved in between. */
  version: number
  /** Rows that changed, whole. Their queues and due times follow from them. */
  tasks: readonly Task[]
  /** How many inbox events, from the head, this save has taken in. */
  consumed: number
  effects: readonly Effect[]
  changes: readonly RolloutChange[]
}

export type Saved = { outcome: 'saved'; outbox: OutboxEntry[] } | { outcome: 'conflict' }

export type FeedEntry = { id: string; change: RolloutChange }

export type TaskPage = { tasks: Task[]; next: string | null }
export type RolloutPage = { rollouts: Rollout[]; next: string | null }

export interface RolloutStore {
  /** The next number of a service's rollouts; never given twice. */
  nextSequence(service: string): Promise<number>
  /** Stages the rows, then publishes the rollout in one step: a crash in between leaves nothing that anybody sees. */
  create(rollout: Rollout, tasks: readonly Task[], changes: readonly RolloutChange[]): Promise<void>
  load(id: RolloutId): Promise<Loaded | null>
  save(id: RolloutId, save: Save): Promise<Saved>
  /** The outbox up to and including `seq` has been performed. */
  performed(id: RolloutId, seq: number): Promise<void>
  /** Appends to the inbox, durably. False when there is no such rollout. */
  post(id: RolloutId, event: AgentEvent): Promise<boolean>

  tasks(id: RolloutId, hosts: readonly HostName[]): Promise<Map<HostName, Task>>
  /** The first rows of a queue, lowest place first; of those at `places` (both included), if given. */
  head(id: RolloutId, queue: QueueName, limit: number, places?: { from: number; to: number }): Promise<Task[]>
  /** Rows whose `dueAtMs` is not after `now`. */
  due(id: RolloutId, now: number, limit: number): Promise<Task[]>
  /** The earliest `dueAtMs` of any row. */
  nextDueAtMs(id: RolloutId): Promise<number | null>
  /** Rows in the rollout's order, filtered by state, page by page; `cursor` is the last page's `next`. */
  page(id: RolloutId, filter: { states: readonly TaskState[] | null; cursor: string | null; limit: number }): Promise<TaskPage>

  /** Rollouts that have not ended. */
  active(): Promise<RolloutId[]>
  /** Rollouts, the latest first. */
  list(filter: { service: string | null; cursor: string | null; limit: number }): Promise<RolloutPage>
  latest(service: string): Promise<RolloutId | null>

  /** Of a service, those that are not archived, and those that are; each the eldest first. */
  hot(service: string): Promise<RolloutId[]>
  archived(service: string): Promise<RolloutId[]>
  /** Moves one that has ended, with everything performed, into the archive, where it is only read. @returns false when it is not at rest */
  archive(id: RolloutId, service: string): Promise<boolean>
  /** Throws an archived one away. */
  forget(id: RolloutId, service: string): Promise<void>

  /** Changes after `after` (exclusive; null: from the beginning), waiting up to `blockMs` for the first. */
  feed(id: RolloutId, after: string | null, options: { limit: number; blockMs: number; signal: AbortSignal }): Promise<FeedEntry[]>
}
