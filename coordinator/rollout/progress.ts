/** What follows from the counts alone, after every event: tolerance, gates, the next wave, the end. */
import { hasEnded } from '../../shared/states.ts'
import type { Phase, TaskState } from '../../shared/states.ts'
import { turnBack } from './control.ts'
import type { Effect } from './effect.ts'
import type { Rollout } from './state.ts'
import { count, failures, occupied, unclaimed } from './tally.ts'

const UNFINISHED: readonly TaskState[] = ['waiting', 'withdrawn', 'sent', 'claimed', 'running', 'unknown']
const HOLDING_FORWARD: readonly TaskState[] = ['sent', 'claimed', 'running', 'unknown']

/** Follows every transition that the counts allow, until none does. */
export function settle(rollout: Rollout, now: number): { rollout: Rollout; effects: Effect[] } {
  let current = forgetWhatIsGone(rollout)
  for (;;) {
    const next = advance(current, now)
    if (next === current) break
    current = next
  }
  const ended = hasEnded(current.phase) && !hasEnded(rollout.phase)
  return { rollout: current, effects: ended ? [{ type: 'EndRollout', rollout: current.id }] : [] }
}

/** What a person accepted, or asked to be retried, lasts only while it is there: a host that was retried and fails again counts anew. */
function forgetWhatIsGone(rollout: Rollout): Rollout {
  const seen = failures(rollout)
  const { accepted, toRetry, direction } = rollout
  const retriable = rollout.queues[`retry-${direction}`]
  if (accepted.failed <= seen.failed && accepted.unreachable <= seen.unreachable && toRetry <= retriable) return rollout
  const atMost = { failed: Math.min(accepted.failed, seen.failed), unreachable: Math.min(accepted.unreachable, seen.unreachable) }
  return { ...rollout, accepted: atMost, toRetry: Math.min(toRetry, retriable) }
}

function advance(rollout: Rollout, now: number): Rollout {
  // A requested retry comes first: nothing is judged, and nothing ends, by failures that it is about to take away.
  if (rollout.toRetry > 0) return rollout
  switch (rollout.phase) {
    case 'queued':
    case 'succeeded':
    case 'failed':
    case 'aborted':
    case 'rolled-back':
      return rollout
    case 'paused':
      return rollout.hold?.kind === 'abort' && occupied(rollout) + unclaimed(rollout) === 0 ? end(rollout, 'aborted', now) : rollout
    case 'running':
      return judge(rollout, now) ?? advanceWave(rollout, now)
    case 'rolling-back':
      return advanceBack(rollout, now)
  }
}

/** The rollout after its tolerance is exceeded, or null when it is not (or nothing is to be done about it). */
function judge(rollout: Rollout, now: number): Rollout | null {
  if (rollout.strategy.onFailure === 'continue') return null
  const excess = exceeded(rollout)
  if (excess === null) return null
  if (rollout.strategy.onFailure === 'rollback') return turnBack(rollout)
  return { ...rollout, phase: 'paused', hold: { kind: 'tolerance', ...excess, sinceMs: now } }
}

function exceeded(rollout: Rollout): { of: 'failed' | 'unreachable'; count: number; allowed: number } | null {
  const seen = failures(rollout)
  for (const kind of ['failed', 'unreachable'] as const) {
    const allowed = rollout.limits[kind] + rollout.accepted[kind]
    if (seen[kind] > allowed) return { of: kind, count: seen[kind], allowed }
  }
  return null
}

function advanceWave(rollout: Rollout, now: number): Rollout {
  if (count(rollout, 'forward', UNFINISHED, rollout.wave) > 0) {
    // A host that is retried or returns while the gate stands opens its wave again: the bake is of what runs after it.
    return rollout.gate === null ? rollout : { ...rollout, gate: null }
  }
  const last = rollout.wave >= rollout.waves.length - 1
  if (last) return end(rollout, exceeded(rollout) === null && !isFruitless(rollout) ? 'succeeded' : 'failed', now)
  const passed = rollout.promoted > rollout.wave || !isGated(rollout)
  if (passed) return { ...rollout, wave: rollout.wave + 1, gate: null }
  return advanceGate(rollout, now)
}

/** However much is tolerated: where nothing succeeded and something went wrong, nobody would call it a success. */
function isFruitless(rollout: Rollout): boolean {
  const { failed, unreachable } = failures(rollout)
  return count(rollout, 'forward', ['succeeded']) === 0 && failed + unreachable > 0
}

function isGated(rollout: Rollout): boolean {
  const { after } = rollout.strategy.gate
  return after === 'every' || (after === 'first' && rollout.wave === 0)
}

/** A bake comes first, then, where asked for, a person. */
function advanceGate(rollout: Rollout, now: number): Rollout {
  const { gate, strategy } = rollout
  if (gate === null) {
    return { ...rollout, gate: strategy.bakeMs > 0 ? { kind: 'bake', untilMs: now + strategy.bakeMs } : { kind: 'manual', sinceMs: now } }
  }
  if (gate.kind !== 'bake' || gate.untilMs > now) return rollout
  if (strategy.gate.kind === 'manual') return { ...rollout, gate: { kind: 'manual', sinceMs: now } }
  return { ...rollout, gate: null, promoted: rollout.wave + 1 }
}

function advanceBack(rollout: Rollout, now: number): Rollout {
  const notTurned = rollout.queues['done-forward'] + count(rollout, 'forward', HOLDING_FORWARD)
  if (notTurned > 0 || count(rollout, 'back', UNFINISHED) > 0) return rollout
  return end(rollout, count(rollout, 'back', ['failed', 'timed-out', 'unreachable']) === 0 ? 'rolled-back' : 'failed', now)
}

function end(rollout: Rollout, phase: Phase, now: number): Rollout {
  return { ...rollout, phase, hold: null, gate: null, toRetry: 0, endedAtMs: now }
}

/** When time alone will move the rollout itself; rows have their own `dueAtMs`. While a retry is asked for, it is the retry that moves it. */
export function dueAtMs(rollout: Rollout): number | null {
  if (rollout.hold?.kind === 'freeze') return rollout.hold.untilMs
  return rollout.phase === 'running' && rollout.gate?.kind === 'bake' && rollout.toRetry === 0 ? rollout.gate.untilMs : null
}
