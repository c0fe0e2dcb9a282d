/** What the system needs to remember in order to take hosts by itself to where they should be. */
import type { HostName, RolloutId } from '../../../shared/ids.ts'

/** Deployments whose word is kept for each service; the eldest goes first. A full one speaks for all hosts, so more are needed only by many narrow ones. */
export const MAX_INTENTS = 50

/**
 * What a deployment that succeeded has said for the hosts that it selected, also for those that join later. Of several that select a host the one of
 * the greatest generation counts; one that is rolled back is dropped, and the one before it counts again.
 */
export type Intent = {
  service: string
  rollout: RolloutId
  generation: number
  release: string
  /** Of the service, as it was deployed. */
  entry: number
  /** Selector that narrowed the service's own; null: none did. */
  hosts: string | null
}

export interface Intents {
  /** Takes the place of what the same rollout said before. */
  put(intent: Intent): Promise<void>
  drop(service: string, rollout: RolloutId): Promise<void>
  /** The greatest generation first. */
  of(service: string): Promise<Intent[]>
}

/** How often the system has tried to take a host to a revision. `rollout`: the last try. */
export type Tries = { revision: string; tries: number; lastAtMs: number; rollout: RolloutId }

export interface CatchUpTries {
  put(service: string, tries: ReadonlyMap<HostName, Tries>): Promise<void>
  of(service: string, hosts: readonly HostName[]): Promise<Map<HostName, Tries>>
  /** Of a host that is gone for good. */
  forget(service: string, host: HostName): Promise<void>
}
