/**
 * Freeze windows: while one stands, no host begins, what runs comes to its end, and the way back is open. A person may override it. Fetching ahead
 * touches nothing that runs, so it goes on; what comes after it does not.
 */
import type { EngineEvent } from './event.ts'
import type { Handled } from './outcome.ts'
import type { Rollout } from './state.ts'
import { isWarming } from './warming.ts'

export function onFreezeBegan(rollout: Rollout, event: Extract<EngineEvent, { type: 'FreezeBegan' }>, now: number): Handled {
  if (rollout.phase !== 'running' || rollout.freezeOverriddenBy !== null || event.untilMs <= now || isWarming(rollout)) return null
  return { rollout: { ...rollout, phase: 'paused', hold: { kind: 'freeze', freeze: event.freeze, untilMs: event.untilMs, sinceMs: now } } }
}

/** It was taken away, or moved, before its time. */
export function onFreezeEnded(rollout: Rollout): Handled {
  return rollout.hold?.kind === 'freeze' ? { rollout: goOn(rollout) } : null
}

export function thawed(rollout: Rollout, now: number): Rollout {
  return rollout.hold?.kind === 'freeze' && rollout.hold.untilMs <= now ? goOn(rollout) : rollout
}

function goOn(rollout: Rollout): Rollout {
  return { ...rollout, phase: 'running', hold: null }
}
