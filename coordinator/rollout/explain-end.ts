/** What a rollout that has ended leaves behind, and what could still be done about it. */
import type { Standing } from './explain.ts'
import { scriptsAtEnd } from './explain-script.ts'
import { hosts, listed, move, putsBack, retries, touchedOf } from './move.ts'
import type { Move } from './move.ts'
import type { Rollout } from './state.ts'
import { count } from './tally.ts'

export function explainEnd(rollout: Rollout): Standing {
  const { phase, direction, strategy } = rollout
  const failed = count(rollout, 'forward', ['failed', 'timed-out']) + count(rollout, 'back', ['failed', 'timed-out'])
  const [unreachable, skipped] = [count(rollout, 'forward', ['unreachable']), count(rollout, 'forward', ['skipped'])]
  const catchesUp = strategy.offline === 'catch-up' && direction === 'forward' && rollout.kind !== 'run'
  const notBegun = phase === 'aborted' ? count(rollout, 'forward', ['waiting', 'withdrawn']) : 0
  const parts = [
    ...whereHostsAre(rollout),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unreachable > 0 ? [`${unreachable} unreachable${catchesUp ? ` (to catch up when ${unreachable === 1 ? 'it returns' : 'they return'})` : ''}`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(notBegun > 0 ? [`${notBegun} not begun`] : []),
    ...scriptsAtEnd(rollout),
  ]
  return { why: parts.join(', '), moves: [...(phase === 'aborted' ? beginnings(rollout) : retries(rollout)), ...wayBack(rollout)] }
}

function whereHostsAre(rollout: Rollout): string[] {
  const { kind, release, backOnly, turned, waves, phase } = rollout
  const forward = count(rollout, 'forward', ['succeeded'])
  const total = waves.reduce((sum, wave) => sum + wave.size, 0)
  const [back, left] = [count(rollout, 'back', ['succeeded']), count(rollout, 'back', ['skipped'])]
  if (kind === 'run') return [`ran on ${forward} of ${hosts(total)}`]
  const leftAlone = left > 0 ? [`${left} left as ${left === 1 ? 'it is' : 'they are'}`] : []
  if (backOnly !== null && phase === 'rolled-back') {
    const putBack = waves.flatMap((wave, index) => (wave.back.succeeded > 0 ? [String(index + 1)] : []))
    return [`wave${putBack.length === 1 ? '' : 's'} ${listed(putBack)} put back; ${hosts(forward)} stay${forward === 1 ? 's' : ''} on ${release}`, ...leftAlone]
  }
  return [`${forward} of ${hosts(total)} on ${release}`, ...(turned > 0 ? [`${back} of ${turned} put back`] : []), ...leftAlone]
}

/** What an abort left behind. */
function beginnings(rollout: Rollout): Move[] {
  const waiting = count(rollout, 'forward', ['waiting', 'withdrawn']) + rollout.queues['left-forward']
  if (rollout.direction === 'back' || waiting === 0) return []
  return [move(`rollout retry ${rollout.id} --not-started`, `go on with the ${hosts(waiting)} that it has not begun`)]
}

/** A rollback, where an end has left some hosts here and some there. */
function wayBack(rollout: Rollout): Move[] {
  const { id, kind, phase, direction, backOnly } = rollout
  const isHalfWay = phase === 'aborted' || (phase === 'failed' && direction === 'forward') || (direction === 'back' && backOnly !== null)
  const touched = touchedOf(rollout)
  if (!isHalfWay || touched === 0 || kind === 'run') return []
  return [move(`rollout rollback ${id}`, `${putsBack(touched)}${direction === 'back' ? ' and not put back' : ''}`)]
}
