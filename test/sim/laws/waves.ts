/** Waves: nothing of the next is sent before the one before is over and its gate has been passed. */
import type { Rollout } from '../../../coordinator/rollout/state.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'
import type { World } from '../world.ts'

const OVER = new Set(['succeeded', 'failed', 'timed-out', 'unreachable', 'skipped'])

export function wavesLaw(): Law {
  /** Per wave: since when it and those before it have been over. */
  const overSince = new Map<number, number>()
  const promoted = new Set<number>()
  return {
    afterStep({ event, before, after, now }, world) {
      if (event.type === 'PromoteRequested' && after.refused === null && before.rollout.gate !== null) promoted.add(before.rollout.wave)
      for (let wave = 0; wave <= after.rollout.wave; wave++) {
        if (!isOver(world, wave)) overSince.delete(wave)
        else if (!overSince.has(wave)) overSince.set(wave, now)
      }
      for (let wave = before.rollout.wave; wave < after.rollout.wave; wave++) {
        const since = overSince.get(wave)
        insist(since !== undefined, () => `wave ${wave + 2} begins before wave ${wave + 1} is over`)
        const passed = promoted.has(wave) || hasPassedByItself(after.rollout, wave, now - since)
        insist(passed, () => `wave ${wave + 2} begins before the gate after wave ${wave + 1} is passed`)
      }
      for (const effect of after.effects) {
        if (effect.type !== 'SendCommand' || effect.direction === 'back') continue
        insist(after.task !== null && after.task.wave <= before.rollout.wave, () => `${effect.host} is sent before its wave has begun`)
      }
    },
  }
}

function isOver(world: World, lastWave: number): boolean {
  return [...world.engine.rows.values()].every((row) => row.wave > lastWave || row.direction === 'back' || OVER.has(row.state))
}

function hasPassedByItself({ strategy: { gate, bakeMs, onFailure }, scripts }: Rollout, wave: number, overForMs: number): boolean {
  if (gate.after === 'none' || (gate.after === 'first' && wave > 0)) return true
  const test = scripts.find((script) => script.wave === wave)
  if (gate.kind === 'test') return test?.state === 'succeeded' || test?.state === 'skipped' || (onFailure === 'continue' && test?.failure !== null)
  return gate.kind === 'bake' && overForMs >= bakeMs
}
