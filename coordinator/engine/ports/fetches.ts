/** How far hosts are with what they fetch, for people and for the numbers; nothing is decided by it, so it lies beside the rollout. */
import type { Transfer } from '../../../shared/distribution/offer.ts'
import type { CommandId, HostName, RolloutId } from '../../../shared/ids.ts'

/** How long it is kept after the last report of a rollout. */
export const FETCHES_KEPT_MS = 7 * 24 * 3_600_000

/** A host's latest fetch. Of what an earlier version of the agent reports, nobody knows where it came from. */
export type Fetch = Transfer & { bytesDone: number; bytesTotal: number }

/** What the session `epoch` of the host says of the fetch for a command. */
export type FetchReport = { id: CommandId; host: HostName; epoch: number; fetch: Fetch }

/** Where bytes came from. `reused`: they were there. */
export const FETCH_SOURCES = ['peers', 'relay', 'origin', 'reused'] as const
export type FetchSource = (typeof FETCH_SOURCES)[number]

/**
 * Of a rollout: what its hosts fetch, each by its latest fetch, and by source all that they have fetched for it, each byte once. `deltas`: how many
 * of them fetch the difference to what they have. `bytesPerSecond`: over the last seconds, all hosts together.
 */
export type FetchTotal = { hosts: number; deltas: number; bytesDone: number; bytesTotal: number; bytesPerSecond: number } & Record<FetchSource, number>

export interface Fetches {
  /** Remembered, and written with others a little later. */
  report(rollout: RolloutId, report: FetchReport): void
  /** Writes what has come so far. Never rejects: what cannot be written now is written later. */
  flush(): Promise<void>
  /** Of those among these hosts that have reported any. */
  of(rollout: RolloutId, hosts: readonly HostName[]): Promise<Map<HostName, Fetch>>
  /** Null: nobody has reported any. One read, however many hosts there are. */
  total(rollout: RolloutId): Promise<FetchTotal | null>
  /** What this coordinator has heard of since it began, each byte once over all coordinators; and how many of its hosts fetch now. */
  counted(): { bytes: Record<FetchSource, number>; fetching: number }
}
