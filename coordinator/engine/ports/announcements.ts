/** Tells the outside what happens to rollouts. The engine says it from the outbox, so that a crash loses none and a repetition is told from a second event. */
import type { RolloutId } from '../../../shared/ids.ts'
import type { Phase } from '../../../shared/states.ts'

/** `held`: paused, by a person or by its tolerance. `gate`: a gate waits. `waits`: it goes on only when somebody says what happened on hosts. */
export type RolloutEvent = {
  event: 'started' | 'held' | 'gate' | 'waits' | 'rolling-back' | 'ended'
  rollout: RolloutId
  service: string
  release: string
  phase: Phase
  /** Why it stands where it stands. */
  why: string
  atMs: number
}

export interface Announcements {
  /**
   * Durable when it resolves; delivery follows by itself, is retried, and is never waited for. The same `id` again does nothing.
   * @param id names the event for ever: `<rollout>/<place in its outbox>`
   */
  announce(id: string, event: RolloutEvent): Promise<void>
}
