/** What a rollout says of its scripts while it waits for one. */
import type { Standing } from './explain.ts'
import { aborts, comes, move, rollbacks } from './move.ts'
import type { Move } from './move.ts'
import { dueScript, hasFailed, hostsAreBack, isOut } from './script-turn.ts'
import { executableOf } from './script.ts'
import type { Rollout, Script } from './state.ts'

/** Null: it does not wait for a script. */
export function waitsForScript(rollout: Rollout): Standing | null {
  const out = rollout.scripts.find(isOut)
  // What was out when the rollout turned does not keep hosts from being put back; they are what there is to say.
  if (out !== undefined && rollout.direction === 'back' && !hostsAreBack(rollout)) return null
  if (out !== undefined) return { why: `${whereIs(out)} ${occasionOf(rollout, out)}`, moves: [] }
  const due = dueScript(rollout)
  const script = due === null ? undefined : rollout.scripts[due]
  if (script === undefined) return null
  const what = `${executableOf(script)} is to run ${occasionOf(rollout, script)}`
  if (!script.away) return { why: what, moves: [] }
  return { why: `${what}; no host that may run it is here`, moves: [comes('the return of one'), skip(rollout)] }
}

/** Why the script holds the rollout, and what would move it. */
export function heldByScript(rollout: Rollout, script: Script): Standing {
  const name = executableOf(script)
  const ended = script.state === 'unknown' ? `nobody knows how ${name} ended` : `${name} ${script.state === 'timed-out' ? 'timed out' : 'failed'}`
  const on = script.host === null ? '' : ` on ${script.host}`
  const message = script.failure === null ? '' : `: ${script.failure.message}`
  return {
    why: `${ended}${on} ${occasionOf(rollout, script)}${message}`,
    moves: [
      move(`rollout retry-script ${rollout.id}`, 'run it again'), skip(rollout),
      ...(script.state === 'unknown' ? [comes('a late report of the host')] : []),
      ...rollbacks(rollout), aborts(rollout),
    ],
  }
}

/** What still comes to its end while nothing else begins; null: nothing. */
export function scriptDraining({ scripts }: Rollout): string | null {
  const out = scripts.find(isOut)
  return out === undefined ? null : whereIs(out)
}

/** Scripts that failed where the rollout went on, and those that were left as they are because a host could not be put back. */
export function scriptsAtEnd({ scripts, phase, direction }: Rollout): string[] {
  const failed = scripts.filter((script) => script.purpose !== 'undo' && hasFailed(script)).map(({ name }) => `${name} failed`)
  if (phase !== 'failed' || direction !== 'back') return failed
  const undone = new Set(scripts.map(({ undoes }) => undoes))
  const left = scripts.filter(({ purpose, number }, place) => (purpose === 'before' || purpose === 'after') && number > 0 && !undone.has(place))
  return [...failed, ...left.map(({ name }) => `${name} not undone`)]
}

function skip({ id }: Rollout): Move {
  return move(`rollout skip-script ${id}`, 'go on without it')
}

function whereIs(script: Script): string {
  return `${executableOf(script)} ${script.state === 'running' ? 'runs' : 'is about to run'} on ${script.host}`
}

function occasionOf({ waves, scripts }: Rollout, { purpose, wave, undoes }: Script): string {
  switch (purpose) {
    case 'before':
      return 'before the first host'
    case 'after':
      return 'after the last host'
    case 'test':
      return `as the test of wave ${(wave ?? 0) + 1} of ${waves.length}`
    case 'undo':
      return `to undo ${scripts[undoes ?? -1]?.name ?? 'it'}`
  }
}
