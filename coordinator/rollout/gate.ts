/** What stands between two waves: a bake first, and then, where asked for, a person or a test. A test stands behind the last wave too. */
import { hasFailed, hasPassed, isOut, testOf, troubleOf } from './script-turn.ts'
import { anew } from './script.ts'
import type { Rollout } from './state.ts'

/** Whether the wave that has begun last has a gate behind it that has not been passed. */
export function isGated(rollout: Rollout): boolean {
  const { strategy, wave, waves, promoted } = rollout
  if (promoted > wave) return false
  if (strategy.gate.kind === 'test') return testOf(rollout, wave) !== null
  const isLast = wave === waves.length - 1
  return !isLast && (strategy.gate.after === 'every' || (strategy.gate.after === 'first' && wave === 0))
}

/** Once every host of the wave has ended. */
export function advanceGate(rollout: Rollout, now: number): Rollout {
  const { gate, strategy } = rollout
  switch (gate?.kind) {
    case undefined:
      return strategy.bakeMs > 0 ? { ...rollout, gate: { kind: 'bake', untilMs: now + strategy.bakeMs } } : afterBake(rollout, now)
    case 'bake':
      return gate.untilMs > now ? rollout : afterBake(rollout, now)
    case 'manual':
      return rollout
    case 'test': {
      const test = rollout.scripts[gate.script]
      const isOver = test === undefined || hasPassed(test) || (hasFailed(test) && troubleOf(rollout) === null)
      return isOver ? passGate(rollout) : rollout
    }
  }
}

function afterBake(rollout: Rollout, now: number): Rollout {
  const test = testOf(rollout, rollout.wave)
  if (test !== null) return { ...rollout, gate: { kind: 'test', script: test, sinceMs: now } }
  return rollout.strategy.gate.kind === 'manual' ? { ...rollout, gate: { kind: 'manual', sinceMs: now } } : passGate(rollout)
}

function passGate(rollout: Rollout): Rollout {
  return { ...rollout, gate: null, promoted: rollout.wave + 1 }
}

/**
 * A host that is retried or returns while the gate stands opens its wave again: the bake, and the test, are of what runs after it. A test
 * that is out comes to its end first, and hosts wait for it; what a person has passed over stays so.
 */
export function reopenGate(rollout: Rollout, now: number): Rollout {
  const place = testOf(rollout, rollout.wave)
  const test = place === null ? undefined : rollout.scripts[place]
  if (test !== undefined && isOut(test)) return rollout
  const closed = rollout.gate === null ? rollout : { ...rollout, gate: null }
  if (place === null || test === undefined || test.state === 'waiting' || test.state === 'skipped') return closed
  return anew({ ...closed, promoted: Math.min(closed.promoted, closed.wave) }, place, now)
}
