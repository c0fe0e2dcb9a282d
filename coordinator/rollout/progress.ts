/** What follows from the counts alone, after every event: tolerance, gates, the next wave, the end. */
import { hasEnded } from '../../shared/states.ts'
import type { Phase } from '../../shared/states.ts'
import { moving } from './control.ts'
import type { Effect } from './effect.ts'
import { advanceGate, isGated, reopenGate } from './gate.ts'
import { turnBack } from './rollback.ts'
import { hasFailed, hasPassed, hostsAreBack, isOpen, isOut, troubleOf, UNFINISHED } from './script-turn.ts'
import { withUndos } from './script.ts'
import type { Rollout } from './state.ts'
import { count, failures, isAboutToRetry, occupied, unclaimed } from './tally.ts'
import { advanceWarming, withWarmingOver, withWarmingStopped } from './warming.ts'

/** Follows every transition that the counts allow, until none does. */
export function settle(rollout: Rollout, now: number): { rollout: Rollout; effects: Effect[] } {
  let current = forgetLimit(forgetWhatIsGone(rollout))
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
  const { accepted, toRetry, toBegin, direction, queues } = rollout
  const [retriable, leftOut] = [queues[`retry-${direction}`], queues['left-forward']]
  const isThere = accepted.failed <= seen.failed && accepted.unreachable <= seen.unreachable && toRetry <= retriable && toBegin <= leftOut
  if (isThere) return rollout
  const atMost = { failed: Math.min(accepted.failed, seen.failed), unreachable: Math.min(accepted.unreachable, seen.unreachable) }
  return { ...rollout, accepted: atMost, toRetry: Math.min(toRetry, retriable), toBegin: Math.min(toBegin, leftOut) }
}

/** Nobody in line, nobody kept waiting. */
function forgetLimit(rollout: Rollout): Rollout {
  return rollout.limitedBy !== null && rollout.queues[`claim-${rollout.direction}`] === 0 ? { ...rollout, limitedBy: null } : rollout
}

function advance(rollout: Rollout, now: number): Rollout {
  // A requested retry comes first: nothing is judged, and nothing ends, by failures that it is about to take away.
  if (isAboutToRetry(rollout)) return rollout
  switch (rollout.phase) {
    case 'queued':
    case 'succeeded':
    case 'failed':
    case 'aborted':
    case 'rolled-back':
      return rollout
    case 'paused':
      return advanceHeld(withWarmingStopped(rollout), now)
    case 'running':
      return judge(rollout, now) ?? judgeScripts(rollout, now) ?? advanceWarming(rollout, now) ?? advanceWave(rollout, now)
    case 'rolling-back':
      return judgeScripts(rollout, now) ?? advanceBack(rollout, now)
  }
}

function advanceHeld(rollout: Rollout, now: number): Rollout {
  const { hold, scripts, queues } = rollout
  if (hold?.kind === 'abort') {
    const tries = queues['again-forward'] + queues['again-back'] + queues['warming-forward']
    const isOpenStill = occupied(rollout) + unclaimed(rollout) + tries > 0 || scripts.some(isOut)
    return isOpenStill ? rollout : end(rollout, 'aborted', now)
  }
  const held = hold?.kind === 'script' ? scripts[hold.script] : undefined
  // A late report, or a person, has said that it is well, or that it shall run again.
  return held !== undefined && !hasFailed(held) ? moving(rollout) : rollout
}

/** The rollout after a script has failed that it does not go on beyond; null: none has. */
function judgeScripts(rollout: Rollout, now: number): Rollout | null {
  const script = troubleOf(rollout)
  if (script === null) return null
  if (rollout.direction === 'forward' && rollout.strategy.onFailure === 'rollback') return turnBack(rollout)
  return { ...rollout, phase: 'paused', hold: { kind: 'script', script, sinceMs: now } }
}

/** The rollout after its tolerance is exceeded, or null when it is not (or nothing is to be done about it). */
function judge(rollout: Rollout, now: number): Rollout | null {
  if (rollout.strategy.onFailure === 'continue') return null
  const excess = exceeded(rollout)
  if (excess === null) return null
  // What a command did on a host, nobody knows how to take back.
  if (rollout.strategy.onFailure === 'rollback' && rollout.kind !== 'run') return turnBack(rollout)
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
  // Hosts may end before it is their turn: people skip them.
  if (rollout.scripts.some((script) => script.purpose === 'before' && isOpen(script))) return rollout
  if (count(rollout, 'forward', UNFINISHED, rollout.wave) > 0) return reopenGate(rollout, now)
  if (isGated(rollout)) return advanceGate(rollout, now)
  const last = rollout.wave >= rollout.waves.length - 1
  return last ? finish(rollout, now) : { ...rollout, wave: rollout.wave + 1, gate: null }
}

/** The `after` scripts are for what has come through: where hosts or tests have failed beyond what is tolerated, the rollout ends without them. */
function finish(rollout: Rollout, now: number): Rollout {
  const { scripts } = rollout
  if (scripts.some(isOut)) return rollout
  const cameThrough = exceeded(rollout) === null && !isFruitless(rollout) && !scripts.some((script) => script.purpose === 'test' && hasFailed(script))
  if (cameThrough && scripts.some((script) => script.purpose === 'after' && isOpen(script))) return rollout
  return end(rollout, cameThrough && !scripts.some((script) => script.purpose === 'after' && hasFailed(script)) ? 'succeeded' : 'failed', now)
}

/** However much is tolerated: where nothing succeeded and something went wrong, nobody would call it a success. */
function isFruitless(rollout: Rollout): boolean {
  const { failed, unreachable } = failures(rollout)
  return count(rollout, 'forward', ['succeeded']) === 0 && failed + unreachable > 0
}

function advanceBack(rollout: Rollout, now: number): Rollout {
  if (!hostsAreBack(rollout) || rollout.scripts.some(isOut)) return rollout
  // Where a host still runs the release, what the release needs is not undone.
  if (count(rollout, 'back', ['failed', 'timed-out', 'unreachable']) > 0) return end(rollout, 'failed', now)
  const undoing = rollout.backOnly === null ? withUndos(rollout, now) : rollout
  const isUndone = rollout.backOnly !== null || undoing.scripts.every((script) => script.purpose !== 'undo' || hasPassed(script))
  return isUndone ? end(undoing, 'rolled-back', now) : undoing
}

function end(rollout: Rollout, phase: Phase, now: number): Rollout {
  return { ...withWarmingOver(rollout), phase, hold: null, gate: null, toRetry: 0, toBegin: 0, endedAtMs: now }
}

/** When time alone will move the rollout itself; rows have their own `dueAtMs`. While a retry is asked for, it is the retry that moves it. */
export function dueAtMs(rollout: Rollout): number | null {
  const { phase, hold, gate, scripts, warming } = rollout
  if (hasEnded(phase)) return null
  const times = scripts.map(({ dueAtMs: ofScript }) => ofScript).filter((time) => time !== null)
  if (hold?.kind === 'freeze') times.push(hold.untilMs)
  if (warming !== null && warming.untilMs !== null) times.push(warming.untilMs)
  if (phase === 'running' && gate?.kind === 'bake' && !isAboutToRetry(rollout)) times.push(gate.untilMs)
  return times.length === 0 ? null : Math.min(...times)
}
