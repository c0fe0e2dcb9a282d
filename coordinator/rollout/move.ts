/** What would move a rollout, in words: a command of the command line and what it does, or something to wait for. */
import { counted } from '../../shared/counted.ts'
import type { Rollout } from './state.ts'
import { count } from './tally.ts'

/** `command`: without the name of the program. Null: nobody has to do anything; `effect` is what comes. */
export type Move = { command: string | null; effect: string }

export const hosts = (n: number) => counted(n, 'host')
/** `a`, `a and b`, `a, b and c` */
export const listed = (words: readonly string[]) => (words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`)

export const comes = (effect: string): Move => ({ command: null, effect })
export const move = (command: string, effect: string): Move => ({ command, effect })

/** A retry, where there is something to retry. */
export function retries(rollout: Rollout): Move[] {
  const { id, direction } = rollout
  const [failed, unreachable] = [count(rollout, direction, ['failed', 'timed-out']), count(rollout, direction, ['unreachable'])]
  if (failed + unreachable === 0) return []
  const kinds = [[failed, 'failed'], [unreachable, 'unreachable']] as const
  const which = listed(kinds.filter(([n]) => n > 0).map(([n, kind]) => `${n} ${kind}`))
  const whom = failed + unreachable === 1 ? `the ${failed === 1 ? 'failed' : 'unreachable'} host` : `the ${which} hosts`
  return [move(`rollout retry ${id}`, `${whom} again`)]
}

export function resumes({ id }: Rollout, effect = 'go on'): Move {
  return move(`rollout resume ${id}`, effect)
}

export function aborts({ id }: Rollout): Move {
  return move(`rollout abort ${id}`, 'end it here; every host keeps what it runs')
}

/** The way back, for a rollout that is not on it. */
export function rollbacks(rollout: Rollout): Move[] {
  if (rollout.kind === 'run' || rollout.direction === 'back') return []
  const touched = touchedOf(rollout)
  return [move(`rollout rollback ${rollout.id}`, touched === 0 ? 'end it; it has touched no host' : putsBack(touched))]
}

export function putsBack(touched: number): string {
  return `put back ${touched === 1 ? 'the host' : `the ${touched} hosts`} that it has touched`
}

/** Hosts that are still to be put back. */
export function touchedOf(rollout: Rollout): number {
  return rollout.queues['done-forward'] + count(rollout, 'forward', ['claimed', 'running', 'unknown']) + count(rollout, 'back', ['waiting', 'withdrawn'])
}

export function skips({ id }: Rollout, effect: string): Move {
  return move(`rollout skip ${id} HOST`, effect)
}

/** A person's word on hosts whose outcome is unknown. */
export function verdicts(rollout: Rollout): Move[] {
  const isToBeTried = count(rollout, 'back', ['unknown']) > 0 || rollout.direction === 'forward' || unknownToBeTurned(rollout) > 0
  return [
    skips(rollout, 'it does not count; its slot is free'),
    ...(isToBeTried ? [move(`rollout retry ${rollout.id} HOST`, 'void that attempt and begin another')] : []),
    comes('a late report of the host'),
  ]
}

function unknownToBeTurned(rollout: Rollout): number {
  return rollout.backOnly === null ? count(rollout, 'forward', ['unknown']) : (rollout.waves[rollout.backOnly]?.forward.unknown ?? 0)
}
