/** A limit over all rollouts: nobody holds a slot without a place under it, and a place is given back with the outcome, unless the host is down. */
import type { Task } from '../../../coordinator/rollout/state.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

const HOLDING = new Set(['claimed', 'running', 'unknown'])

export function limitsLaw(): Law {
  return {
    afterStep({ after: { rollout } }, { engine, places }) {
      if (!rollout.limited) return
      for (const row of engine.rows.values()) insist(!HOLDING.has(row.state) || places.taken.has(row.host), () => `${row.host} is ${row.state} and has no place`)
    },
    onTouch({ name }, attempt, { engine, places, givenUp }) {
      if (engine.rollout.limited) insist(places.taken.has(name) || givenUp.has(`${name}/${attempt}`), () => `${name} touches what runs and has no place`)
    },
    atEnd({ engine, places }) {
      for (const host of places.taken) insist(isDown(engine.rows.get(host)!), () => `${host} is ${engine.rows.get(host)!.state} and keeps its place`)
    },
  }
}

function isDown({ state, failure }: Task): boolean {
  return failure?.revert === 'failed' && state !== 'succeeded' && state !== 'skipped'
}
