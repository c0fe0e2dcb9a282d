/** Tails of what scripts print, for people; nothing is decided by them, so they are stored beside the rollout and not through its machine. */
import type { Step } from '../../../shared/command.ts'
import type { HostName, RolloutId } from '../../../shared/ids.ts'

/** How long tails are kept after the last one of their rollout arrived. */
export const OUTPUT_KEPT_MS = 7 * 24 * 3_600_000

export type OutputTail = { attempt: number; step: Step; tail: string; totalBytes: number; atMs: number }

/** Bytes of a fetch under way. */
export type FetchProgress = { bytesDone: number; bytesTotal: number }

export interface Outputs {
  put(rollout: RolloutId, host: HostName, output: OutputTail): Promise<void>
  /** By attempt, then in the order of the steps. */
  of(rollout: RolloutId, host: HostName): Promise<OutputTail[]>
  /** The last non-empty line that each of these hosts has printed. */
  lastLines(rollout: RolloutId, hosts: readonly HostName[]): Promise<Map<HostName, string>>
  putProgress(rollout: RolloutId, host: HostName, progress: FetchProgress): Promise<void>
  /** Of those among these hosts that have reported any. */
  progressOf(rollout: RolloutId, hosts: readonly HostName[]): Promise<Map<HostName, FetchProgress>>
}
