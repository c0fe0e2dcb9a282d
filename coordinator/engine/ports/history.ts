/** What happened to each host, for people: nothing is decided by it. Bounded per host, and forgotten after a while. */
import type { HostName, RolloutId } from '../../../shared/ids.ts'
import type { Direction, TaskState } from '../../../shared/states.ts'

/** Entries of one host; the oldest go first. */
export const MAX_HISTORY = 200
/** How long a host's history is kept after its last entry. */
export const HISTORY_KEPT_MS = 90 * 24 * 3_600_000
/** Of a text in an entry; what is longer is cut. */
export const MAX_HISTORY_TEXT_CHARS = 300

/** `id` names the entry for ever, among those of its host. */
type Noted = { id: string; atMs: number }

export type HistoryEntry = Noted & (
  /** A rollout's attempt came to this on the host, or a person decided it. `release`: where it was going; `from`: the version that ran before. */
  | {
    kind: 'task'
    rollout: RolloutId
    service: string
    release: string
    from: string | null
    direction: Direction
    attempt: number
    state: TaskState
    message: string | null
    by: string
    reason: string | null
  }
  /** What the host found of the service that is no longer as it was put there; empty: all is as it should be again. */
  | { kind: 'found'; service: string; findings: string[] }
  /** `awayMs`: how long nothing had been heard of it; null: the first time ever. */
  | { kind: 'connected'; awayMs: number | null }
  /** Labels that are different from before; null: the host does not have it. */
  | { kind: 'labels'; changes: { label: string; before: string | null; after: string | null }[] }
  /** It joined, on that token. `replaced`: another machine had the name, whose identity has ended. */
  | { kind: 'enrolled'; token: string; replaced: boolean }
  /** It said more than an agent may, within that time, and was held back. Once in ten minutes at most. */
  | { kind: 'throttled'; sinceMs: number; frames: number; sizeBytes: number }
  /** A person had it forgotten. */
  | { kind: 'removed'; by: string; reason: string | null }
)

/** `before`: the `next` of the page before; null: from the latest. */
export type HistoryPage = { limit: number; before: string | null }

export interface HostHistory {
  /** An entry whose id is there already is the same entry: adding it twice is adding it once. */
  add(host: HostName, entry: HistoryEntry): Promise<void>
  /** The latest first. `next` null: there are no older ones. */
  of(host: HostName, page: HistoryPage): Promise<{ entries: HistoryEntry[]; next: string | null }>
}
