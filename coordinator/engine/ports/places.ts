/** Who of a service's hosts is down by our hand, over all rollouts: what limits count. A host has one place; it is the rollout's that asked for it last. */
import type { HostName, RolloutId } from '../../../shared/ids.ts'

/** A host and the groups that it counts in: `*`, `rack=r1`. */
export type Candidate = { host: HostName; groups: readonly string[] }
/** `full`: the first group that had no room for a candidate; null: all had. */
export type Reserved = { reserved: HostName[]; full: string | null }

export interface Places {
  /**
   * Takes places for as many candidates, in their order, as the groups have room and `atMost` says; those that have one keep it, and come
   * first. Taking twice is taking once; a place is held until it is freed.
   * @param by the rollout that they are for, and its service
   * @param room how many hosts of each group may be down at once
   */
  reserve(by: { id: RolloutId; service: string }, candidates: readonly Candidate[], room: ReadonlyMap<string, number>, atMost: number): Promise<Reserved>
  /** @returns whether the host had a place, and had it from this rollout; only then is it free now */
  free(service: string, host: HostName, from: RolloutId): Promise<boolean>
  /** Hosts that have one, and the rollout that they have it from. */
  taken(service: string): Promise<Map<HostName, RolloutId>>
}
