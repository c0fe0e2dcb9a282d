/** What people asked for stays with the rollout: who, what, why, when. Only what was granted is noted. */
import type { ControlEvent } from './event.ts'
import type { Handled } from './outcome.ts'
import { MAX_NOTES } from './state.ts'
import type { Note } from './state.ts'

export function noted(handled: Handled, event: ControlEvent, now: number): Handled {
  if (handled === null || 'refused' in handled) return handled
  const note: Note = { control: controlOf(event), by: event.by, reason: event.reason, host: 'host' in event ? event.host : null, atMs: now }
  return { ...handled, rollout: { ...handled.rollout, notes: [...handled.rollout.notes, note].slice(-MAX_NOTES) } }
}

/** The verb by which people know it: `HostRetryRequested` is a retry, `ScriptRetryRequested` a retry-script. */
export function controlOf(event: ControlEvent): string {
  return verbOf(event) + (event.type === 'RollbackRequested' && event.wave !== null ? ` --wave ${event.wave + 1}` : '')
}

function verbOf({ type }: ControlEvent): string {
  return type.replace(/Requested$/, '').replace(/^Host/, '').replace(/^Script(.+)/, '$1-script').toLowerCase()
}
