/** Why a rollout stands where it stands, and what would move it, for a person. Data in, sentences out; what the counts cannot tell is not guessed. */
import { heldByScript, scriptDraining, scriptsAtEnd, waitsForScript } from './explain-script.ts'
import type { Rollout } from './state.ts'
import { count, occupied, unclaimed, windowOf } from './tally.ts'

/** `why`: one sentence. `moves`: what would change it, each a command of the CLI or an event to wait for. */
export type Standing = { why: string; moves: string[] }

const LATE_REPORT = 'a late report of the host'

const hosts = (n: number) => (n === 1 ? '1 host' : `${n} hosts`)

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

function explainQueued({ id, waitsFor }: Rollout): Standing {
  if (waitsFor.length === 0) return { why: 'a coordinator is about to take it up', moves: [] }
  const others = waitsFor.join(', ')
  return { why: `waits for ${others} to end, which works on some of its hosts`, moves: [`the end of ${others}`, `rollout show ${waitsFor[0]}`, `rollout abort ${id}`] }
}

function explainRunning(rollout: Rollout): Standing {
  const wave = `wave ${rollout.wave + 1} of ${rollout.waves.length}`
  if (rollout.gate?.kind === 'bake') return { why: `${wave} is baking`, moves: ['the end of the bake', `rollout promote ${rollout.id}`] }
  if (rollout.gate?.kind === 'manual') return { why: `${wave} is done; the next waits for a person`, moves: [`rollout promote ${rollout.id}`] }
  return waitsForVerdict(rollout) ?? waitsForScript(rollout) ?? waitsForLimit(rollout) ?? waitsForHosts(rollout) ?? { why: `${wave}: ${inFlight(rollout)}`, moves: [] }
}

function explainPaused(rollout: Rollout): Standing {
  const { hold, id } = rollout
  const draining = drainingOf(rollout)
  const go = [`rollout resume ${id}`, ...(rollout.direction === 'forward' ? [`rollout rollback ${id}`] : []), `rollout abort ${id}`]
  switch (hold?.kind) {
    case 'tolerance':
      return { why: `${hosts(hold.count)} ${hold.of}, more than the ${hold.allowed} that its tolerance allows${draining}`, moves: [...retries(rollout), ...go] }
    case 'abort': {
      const moves = unknowns(rollout) > 0 ? [`rollout skip ${id} HOST`, LATE_REPORT] : ['the end of what runs']
      return { why: `being aborted by ${hold.by}${draining}`, moves }
    }
    case 'person':
      return { why: `paused by ${hold.by}${hold.reason === null ? '' : `: ${hold.reason}`}${draining}`, moves: go }
    case 'freeze':
      return {
        why: `frozen by ${hold.freeze} until ${new Date(hold.untilMs).toISOString()}${draining}`,
        moves: ['the end of the freeze', `rollout resume ${id} --override-freeze`, ...go.slice(1)],
      }
    case 'script': {
      const script = rollout.scripts[hold.script]
      return script === undefined ? { why: 'held by a script', moves: go.slice(1) } : heldByScript(rollout, script)
    }
    case undefined:
      return { why: 'paused', moves: go }
  }
}

function drainingOf(rollout: Rollout): string {
  const changing = occupied(rollout) > 0 ? `; ${hosts(occupied(rollout))} still being changed` : ''
  const script = scriptDraining(rollout)
  return script === null ? changing : `${changing}; ${script}`
}

function explainBack(rollout: Rollout): Standing {
  const back = count(rollout, 'back', ['succeeded'])
  const all = rollout.turned + rollout.queues['done-forward']
  const verdict = waitsForVerdict(rollout)
  if (verdict !== null) return verdict
  const script = waitsForScript(rollout)
  if (script !== null) return script
  const away = count(rollout, 'back', ['waiting']) - rollout.queues['offer-back']
  if (away > 0 && occupied(rollout) + unclaimed(rollout) === 0 && rollout.queues['offer-back'] === 0) {
    return { why: `${back} of ${all} hosts are back; ${hosts(away)} away or between two tries`, moves: ['their return', `rollout skip ${rollout.id} HOST`] }
  }
  return { why: `${back} of ${all} hosts are back on what they ran before; ${inFlight(rollout)}`, moves: [] }
}

function explainEnd(rollout: Rollout): Standing {
  const total = rollout.waves.reduce((sum, wave) => sum + wave.size, 0)
  const forward = count(rollout, 'forward', ['succeeded'])
  const failed = count(rollout, 'forward', ['failed', 'timed-out']) + count(rollout, 'back', ['failed', 'timed-out'])
  const left = count(rollout, 'forward', ['unreachable', 'skipped']) + count(rollout, 'back', ['skipped'])
  const parts = [`${forward} of ${hosts(total)} on ${rollout.release}`]
  if (rollout.turned > 0) parts.push(`${count(rollout, 'back', ['succeeded'])} of ${rollout.turned} put back`)
  if (failed > 0) parts.push(`${failed} failed`)
  if (left > 0) parts.push(`${left} unreachable or skipped`)
  parts.push(...scriptsAtEnd(rollout))
  return { why: parts.join(', '), moves: [...(rollout.phase === 'aborted' ? [] : retries(rollout)), ...rollbacks(rollout)] }
}

function waitsForVerdict(rollout: Rollout): Standing | null {
  const unknown = unknowns(rollout)
  if (unknown === 0 || occupied(rollout) > unknown || unclaimed(rollout) > 0 && occupied(rollout) < windowOf(rollout)) return null
  return {
    why: `the outcome on ${hosts(unknown)} is unknown, and each keeps its slot until somebody says what happened`,
    moves: [`rollout skip ${rollout.id} HOST`, `rollout retry ${rollout.id} HOST`, LATE_REPORT],
  }
}

function waitsForLimit(rollout: Rollout): Standing | null {
  if (rollout.limitedBy === null) return null
  return { why: `${hosts(rollout.queues[`claim-${rollout.direction}`])} in line; ${rollout.limitedBy}`, moves: ['a host of the service that is up again'] }
}

function waitsForHosts(rollout: Rollout): Standing | null {
  const parked = rollout.waves.reduce((sum, wave) => sum + wave.parked, 0)
  if (parked === 0 || occupied(rollout) + unclaimed(rollout) > 0) return null
  return { why: `${hosts(parked)} away, or between two tries`, moves: ['the end of the backoff', 'their return', `rollout skip ${rollout.id} HOST`] }
}

/** A retry, where there is something to retry. */
function retries({ id, queues, direction }: Rollout): string[] {
  return queues[`retry-${direction}`] > 0 ? [`rollout retry ${id}`] : []
}

/** A rollback, where an end has left some hosts here and some there. */
function rollbacks({ id, phase, direction, queues, turned }: Rollout): string[] {
  const isHalfWay = phase === 'aborted' || (phase === 'failed' && direction === 'forward')
  return isHalfWay && queues['done-forward'] + turned > 0 ? [`rollout rollback ${id}`] : []
}

function unknowns(rollout: Rollout): number {
  return count(rollout, 'forward', ['unknown']) + count(rollout, 'back', ['unknown'])
}

function inFlight(rollout: Rollout): string {
  return `${occupied(rollout)} of ${windowOf(rollout)} slots in use, ${hosts(unclaimed(rollout))} preparing`
}
