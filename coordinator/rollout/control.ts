/** The hand on the brake: what people may ask of a rollout, in which phase, and the sentence that they get when it is refused. */
import { hasEnded } from '../../shared/states.ts'
import type { ControlEvent } from './event.ts'
import { refused } from './outcome.ts'
import type { Handled } from './outcome.ts'
import { withdrawScript } from './script.ts'
import type { Rollout } from './state.ts'
import { failures } from './tally.ts'
import { isWarming, withWarmingOver } from './warming.ts'

type EventOf<T extends ControlEvent['type']> = Extract<ControlEvent, { type: T }>

export function onPauseRequested(rollout: Rollout, event: EventOf<'PauseRequested'>, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  // A freeze lifts itself; a person's pause outlasts it.
  if (rollout.hold !== null && rollout.hold.kind !== 'freeze') return refused(`${rollout.id} is paused already`)
  return { rollout: { ...rollout, phase: 'paused', hold: { kind: 'person', by: event.by, reason: event.reason, sinceMs: now } } }
}

export function onResumeRequested(rollout: Rollout, event: EventOf<'ResumeRequested'>): Handled {
  if (rollout.phase !== 'paused') return refused(`${rollout.id} is ${rollout.phase}, not paused`)
  if (rollout.hold?.kind === 'abort') return refused(`${rollout.id} is being aborted`)
  if (rollout.hold?.kind === 'freeze' && !event.overrideFreeze) {
    return refused(`${rollout.id} is frozen by ${rollout.hold.freeze}; rollout resume ${rollout.id} --override-freeze goes on nevertheless`)
  }
  if (rollout.hold?.kind === 'script') return refused(`${rollout.id} is held by a script; retry-script runs it again, skip-script goes on without it`)
  const freezeOverriddenBy = event.overrideFreeze ? event.by : rollout.freezeOverriddenBy
  // Who lifts his own pause has been asked nothing about failures.
  const accepted = rollout.hold?.kind === 'tolerance' ? failures(rollout) : rollout.accepted
  return { rollout: { ...moving(rollout), accepted, freezeOverriddenBy } }
}

export function onPromoteRequested(rollout: Rollout, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  // Who will not wait for those that fetch ahead lets the first wave begin.
  if (rollout.phase === 'running' && isWarming(rollout)) return { rollout: withWarmingOver(rollout) }
  if (rollout.gate === null) return refused(`${rollout.id} stands before no gate`)
  if (rollout.gate.kind === 'test') return refused(`${rollout.id} waits for a test; skip-script goes on without it, once it has failed`)
  // A test is no matter of patience: who ends the bake before it early lets it begin.
  if (rollout.gate.kind === 'bake' && rollout.strategy.gate.kind === 'test') return { rollout: { ...rollout, gate: { kind: 'bake', untilMs: now } } }
  return { rollout: { ...rollout, gate: null, promoted: rollout.wave + 1 } }
}

export function onAbortRequested(rollout: Rollout, event: EventOf<'AbortRequested'>, now: number): Handled {
  if (hasEnded(rollout.phase)) return refused(`${rollout.id} has ended (${rollout.phase})`)
  if (rollout.hold?.kind === 'abort') return refused(`${rollout.id} is being aborted already`)
  const { rollout: withdrawn, effects } = withdrawScript(rollout, now)
  return { rollout: { ...withdrawn, phase: 'paused', hold: { kind: 'abort', by: event.by, reason: event.reason, sinceMs: now } }, effects }
}

/** The phase in which tasks of the rollout's direction begin; one that was paused before its start has that still to come. */
export function moving(rollout: Rollout): Rollout {
  const phase = rollout.direction === 'back' ? 'rolling-back' : rollout.startedAtMs === null ? 'queued' : 'running'
  return { ...rollout, phase, hold: null, endedAtMs: null }
}
