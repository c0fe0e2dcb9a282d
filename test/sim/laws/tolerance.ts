/** Beyond the tolerance nothing goes on by itself, counted from the rows and from the strategy's own words. */
import type { Strategy } from '../../../shared/strategy.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'
import type { World } from '../world.ts'

const FAILED = new Set(['failed', 'timed-out'])

/** For worlds in which no person acts: once it is exceeded, no further host is granted a slot on the way forward. */
export function toleranceLaw(): Law {
  let exceeded = false
  return {
    afterStep({ before, after }, world) {
      const granted = before.task?.state === 'sent' && after.task?.state === 'claimed' && after.task.direction === 'forward'
      insist(!exceeded || !granted, () => `${after.task?.host} is granted its slot beyond the tolerance`)
      exceeded ||= isExceeded(world)
      insist(!exceeded || after.rollout.phase !== 'running', () => 'the rollout runs on beyond its tolerance')
    },
    whenStill(world) {
      const { phase, hold } = world.engine.rollout
      if (exceeded) insist(phase !== 'paused' || hold?.kind === 'tolerance', () => `the rollout is paused for ${hold?.kind}, beyond its tolerance`)
    },
    atEnd({ engine: { rollout } }) {
      if (exceeded) insist(rollout.phase === 'rolled-back' || rollout.phase === 'failed', () => `the rollout has ${rollout.phase}, beyond its tolerance`)
    },
  }
}

export function isExceeded({ engine }: World): boolean {
  const rows = [...engine.rows.values()].filter((row) => row.direction === 'forward')
  const { failed, unreachable } = engine.rollout.strategy.tolerance
  const total = engine.rows.size
  return isBeyond(rows.filter((row) => FAILED.has(row.state)).length, failed, total)
    || isBeyond(rows.filter((row) => row.state === 'unreachable').length, unreachable, total)
}

function isBeyond(count: number, { unit, value }: Strategy['tolerance']['failed'], total: number): boolean {
  return unit === 'hosts' ? count > value : count * 100 > value * total
}
