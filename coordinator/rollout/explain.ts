/** Why a rollout stands where it stands, and what would move it, for a person. Data in, sentences out; what the counts cannot tell is not guessed. */
import { utc } from '../../shared/utc.ts'
import { explainEnd } from './explain-end.ts'
import { heldByScript, scriptDraining, waitsForScript } from './explain-script.ts'
import { aborts, comes, hosts, listed, move, resumes, retries, rollbacks, skips, verdicts } from './move.ts'
import type { Move } from './move.ts'
import type { Rollout } from './state.ts'
import { count, failures, occupied, toTurn, unclaimed, windowOf } from './tally.ts'
import { isWarming } from './warming.ts'

/** `why`: one sentence. `moves`: what would change it. */
export type Standing = { why: string; moves: Move[] }

export function explain(rollout: Rollout): Standing {
  switch (rollout.phase) {
    case 'queued':
      return explainQueued(rollout)
    case 'running':
      return explainRunning(rollout)
    case 'paused':
      return explainPaused(rollout)
    case 'rolling-back':
      return explainBack(rollout)
    case 'succeeded':
    case 'failed':
    case 'aborted':
    case 'rolled-back':
      return explainEnd(rollout)
  }
}

function explainQueued(rollout: Rollout): Standing {
  const { id, waitsFor } = rollout
  if (waitsFor.length === 0) return { why: 'a coordinator is about to take it up', moves: [] }
  const [others, isOne] = [listed(waitsFor), waitsFor.length === 1]
  return {
    why: `waits for ${others} to end, which ${isOne ? 'works' : 'work'} on some of its hosts`,
    moves: [comes(`the end of ${others}`), move(`rollout show ${waitsFor[0]}`, 'see what that one waits for'), move(`rollout abort ${id}`, 'give this one up')],
  }
}

function explainRunning(rollout: Rollout): Standing {
  const { id, gate, strategy } = rollout
  if (isWarming(rollout)) return explainWarming(rollout)
  const wave = `wave ${rollout.wave + 1} of ${rollout.waves.length}`
  const next = `begin wave ${rollout.wave + 2} now`
  if (gate?.kind === 'bake') {
    const now = strategy.gate.kind === 'test' ? 'test it now' : next
    return { why: `${wave} is baking`, moves: [comes('the end of the bake'), move(`rollout promote ${id}`, now)] }
  }
  if (gate?.kind === 'manual') return { why: `${wave} is done; the next waits for a person`, moves: [move(`rollout promote ${id}`, next)] }
  const waiting = waitsForVerdict(rollout) ?? waitsForScript(rollout) ?? waitsForLimit(rollout) ?? waitsForHosts(rollout)
  return waiting ?? { why: `${wave}: ${inFlight(rollout)}`, moves: [] }
}

function explainWarming({ id, warming, queues, waves }: Rollout): Standing {
  const total = waves.reduce((sum, { size }) => sum + size, 0)
  const { warm = 0, missed = 0 } = warming ?? {}
  const left = queues['cold-forward'] + queues['warming-forward']
  const others = missed === 0 ? '' : `, ${missed} will fetch in ${missed === 1 ? 'its' : 'their'} turn`
  return {
    why: `warming ${left} of ${hosts(total)}: ${warm} warm${others}`,
    moves: [comes('the end of the fetches'), move(`rollout promote ${id}`, 'begin wave 1 now; who is not warm fetches in its turn')],
  }
}

function explainPaused(rollout: Rollout): Standing {
  const { hold, id } = rollout
  const draining = drainingOf(rollout)
  const away = [...rollbacks(rollout), aborts(rollout)]
  switch (hold?.kind) {
    case 'tolerance': {
      const { failed, unreachable } = failures(rollout)
      const accept = failed + unreachable === 0 ? 'go on' : 'accept what has failed so far, and go on'
      return { why: beyond(rollout, hold) + draining, moves: [...retries(rollout), resumes(rollout, accept), ...away] }
    }
    case 'abort':
      return { why: `being aborted by ${hold.by}${because(hold.reason)}${draining}`, moves: whileAborting(rollout) }
    case 'person':
      return { why: `paused by ${hold.by}${because(hold.reason)}${draining}`, moves: [resumes(rollout), ...away] }
    case 'freeze':
      return {
        why: `frozen by ${hold.freeze} until ${utc(hold.untilMs)}${draining}`,
        moves: [comes('the end of the freeze'), move(`rollout resume ${id} --override-freeze`, 'go on nevertheless'), ...away],
      }
    case 'script': {
      const script = rollout.scripts[hold.script]
      return script === undefined ? { why: 'held by a script', moves: away } : heldByScript(rollout, script)
    }
    case undefined:
      return { why: 'paused', moves: [resumes(rollout), ...away] }
  }
}

/** What has failed by now may be less than what it was held for: hosts return, and people retry or skip them. */
function beyond(rollout: Rollout, { of, count: then, allowed }: { of: 'failed' | 'unreachable'; count: number; allowed: number }): string {
  const now = failures(rollout)[of]
  if (now > allowed) return `${hosts(now)} ${of}, more than the ${allowed} that its tolerance allows`
  const left = now === 0 ? `no host is ${of} any more` : `only ${hosts(now)} ${now === 1 ? 'is' : 'are'} ${of} by now`
  return `${left}; it was held when ${then} were, more than the ${allowed} that its tolerance allows`
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${reason}`
}

function whileAborting(rollout: Rollout): Move[] {
  const unknown = unknowns(rollout)
  if (unknown === occupied(rollout) && unknown > 0) return [skips(rollout, 'it does not count; its slot is free'), comes('a late report of the host')]
  const kills = occupied(rollout) > unknown ? [move(`rollout kill ${rollout.id} HOST`, 'end its attempt; the host puts itself back')] : []
  return [comes('the end of what runs'), ...kills]
}

function drainingOf(rollout: Rollout): string {
  const changing = occupied(rollout) > 0 ? `; ${hosts(occupied(rollout))} still being changed` : ''
  const script = scriptDraining(rollout)
  return script === null ? changing : `${changing}; ${script}`
}

function explainBack(rollout: Rollout): Standing {
  const waiting = waitsForVerdict(rollout) ?? waitsForScript(rollout) ?? waitsForLimit(rollout)
  if (waiting !== null) return waiting
  const far = howFarBack(rollout)
  const away = count(rollout, 'back', ['waiting']) - rollout.queues['offer-back']
  if (away > 0 && occupied(rollout) + unclaimed(rollout) === 0 && rollout.queues['offer-back'] === 0) {
    return { why: `${far} are back; ${hosts(away)} away or between two tries`, moves: [comes('their return'), skips(rollout, 'leave it as it is')] }
  }
  return { why: `${far} are back on what they ran before; ${inFlight(rollout)}`, moves: [] }
}

function howFarBack(rollout: Rollout): string {
  const { backOnly, waves, turned } = rollout
  const wave = backOnly === null ? undefined : waves[backOnly]
  if (wave === undefined) return `${count(rollout, 'back', ['succeeded'])} of ${turned + toTurn(rollout)} hosts`
  const all = Object.values(wave.back).reduce((sum, n) => sum + n, wave.done)
  return `wave ${(backOnly ?? 0) + 1} alone: ${wave.back.succeeded} of ${all} hosts`
}

/** Whether what it says now is that it waits for an outcome which nobody knows. */
export function awaitsVerdict(rollout: Rollout): boolean {
  const isBetweenWaves = rollout.gate?.kind === 'bake' || rollout.gate?.kind === 'manual'
  const isMoving = rollout.phase === 'rolling-back' || (rollout.phase === 'running' && !isBetweenWaves)
  return isMoving && waitsForVerdict(rollout) !== null
}

function waitsForVerdict(rollout: Rollout): Standing | null {
  const unknown = unknowns(rollout)
  if (unknown === 0 || occupied(rollout) > unknown || (unclaimed(rollout) > 0 && occupied(rollout) < windowOf(rollout))) return null
  const which = unknown === 1 ? 'it' : 'each'
  return { why: `the outcome on ${hosts(unknown)} is unknown, and ${which} keeps its slot until somebody says what happened`, moves: verdicts(rollout) }
}

function waitsForLimit(rollout: Rollout): Standing | null {
  if (rollout.limitedBy === null) return null
  return {
    why: `${hosts(rollout.queues[`claim-${rollout.direction}`])} in line; ${rollout.limitedBy}`,
    moves: [
      comes('a host of the service that is up again'), ...retries(rollout),
      skips(rollout, 'leave it out; if it is down, it counts no longer'), aborts(rollout),
    ],
  }
}

function waitsForHosts(rollout: Rollout): Standing | null {
  const parked = rollout.waves.reduce((sum, wave) => sum + wave.parked, 0)
  if (parked === 0 || occupied(rollout) + unclaimed(rollout) > 0) return null
  const moves = [comes('the end of the backoff'), comes('their return'), skips(rollout, 'go on without it')]
  return { why: `${hosts(parked)} away, or between two tries`, moves }
}

function unknowns(rollout: Rollout): number {
  return count(rollout, 'forward', ['unknown']) + count(rollout, 'back', ['unknown'])
}

function inFlight(rollout: Rollout): string {
  return `${occupied(rollout)} of ${windowOf(rollout)} slots in use, ${hosts(unclaimed(rollout))} preparing`
}
