/** The queue that moves the work. A wake-up that comes twice does nothing the second time; one that is lost is found by the sweep. */
import type { RolloutId } from '../../../shared/ids.ts'

export interface Wakeups {
  /** A new rollout takes its place in the queue. */
  enqueue(id: RolloutId): Promise<void>
  /** Drive this rollout soon; many calls become one. */
  wake(id: RolloutId): Promise<void>
  /** Drive it at `atMs`; replaces the rollout's earlier timer. Null: no timer is needed any more. */
  wakeAt(id: RolloutId, atMs: number | null): Promise<void>
  /** Look at this schedule at `atMs`; asked for twice it is done once. */
  fireAt(schedule: string, atMs: number): Promise<void>
}

/** What the queue calls back. Each may be called twice, or concurrently in several coordinators. */
export type Jobs = {
  start: (id: RolloutId) => Promise<void>
  drive: (id: RolloutId) => Promise<void>
  fire: (schedule: string) => Promise<void>
  sweep: () => Promise<void>
}
