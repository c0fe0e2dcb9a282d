/** Tails of what scripts print, for people; nothing is decided by them, so they are stored beside the rollout and not through its machine. */
import type { Step } from '../../../shared/command.ts'
import type { HostName, RolloutId } from '../../../shared/ids.ts'

/** How long tails are kept after the last one of their rollout arrived. */
export const OUTPUT_KEPT_MS = 7 * 24 * 3_600_000

/** Of a failed step's output so much is kept, its end, so that it is there when the host is not. */
export const MAX_KEPT_OUTPUT_BYTES = 256 * 1024
/** So many of them in a rollout; those of further failures stay on their hosts. */
export const MAX_KEPT_OUTPUTS = 50

/** Which output: of a step, in an attempt, on a host. */
export type OutputName = { attempt: number; step: Step }

export type OutputTail = { attempt: number; step: Step; tail: string; totalBytes: number; atMs: number }

export interface Outputs {
  put(rollout: RolloutId, host: HostName, output: OutputTail): Promise<void>
  /** By attempt, then in the order of the steps. */
  of(rollout: RolloutId, host: HostName): Promise<OutputTail[]>
  /** The end of a failed step's output, at most MAX_KEPT_OUTPUT_BYTES; does nothing when the rollout has MAX_KEPT_OUTPUTS. */
  keep(rollout: RolloutId, host: HostName, name: OutputName, bytes: Uint8Array): Promise<void>
  /** Whether there is room for one more: whoever has to fetch one first need not do it in vain. */
  keepsMore(rollout: RolloutId): Promise<boolean>
  /** Null: it was not kept, or not for so long. */
  kept(rollout: RolloutId, host: HostName, name: OutputName): Promise<Uint8Array | null>
  /** Hosts that have printed something after the mark, by when they printed last. Marks grow with time, over all coordinators; 0 is before any. */
  printedAfter(rollout: RolloutId, mark: number, limit: number): Promise<{ host: HostName; mark: number }[]>
  /** The last non-empty line that each of these hosts has printed. */
  lastLines(rollout: RolloutId, hosts: readonly HostName[]): Promise<Map<HostName, string>>
}
