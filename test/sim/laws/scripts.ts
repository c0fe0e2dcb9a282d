/** Scripts that run once per rollout: one at a time, each in its turn, none while the rollout is held, and no host before what comes before it. */
import type { Rollout, Script } from '../../../coordinator/rollout/state.ts'
import type { Seen } from '../engine.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'
import type { World } from '../world.ts'

const OUT = new Set(['sent', 'running'])
const PASSED = new Set(['succeeded', 'skipped'])
const OVER = new Set(['succeeded', 'failed', 'timed-out', 'unreachable', 'skipped'])

export function scriptsLaw(): Law {
  let last = 0
  return {
    afterStep({ before, after, event }, world) {
      const { scripts } = after.rollout
      insist(scripts.filter(({ state }) => OUT.has(state)).length <= 1, () => `two scripts are out: ${JSON.stringify(scripts)}`)
      for (const effect of after.effects) {
        if (effect.type === 'SendCommand' && effect.direction === 'forward') {
          insist(!scripts.some(keepsHosts), () => `${effect.host} begins while a script comes first: ${JSON.stringify(scripts)}`)
        }
        if (effect.type !== 'SendScript') continue
        insist(effect.number === last + 1, () => `command ${effect.number} follows ${last}`)
        last = effect.number
        judge(scripts[effect.script]!, before.rollout, world)
      }
      if (event.type === 'ScriptRetryRequested' && after.refused === null) insist(after.rollout.hold?.kind !== 'script', () => 'a script is run again and holds on')
    },
    onScript({ number }, world) {
      const running = world.errands.running.filter((each) => each !== number)
      const heard = running.filter((each) => world.engine.rollout.scripts.some((script) => script.number === each && OUT.has(script.state)))
      insist(heard.length === 0, () => `script command ${number} begins while ${heard.join(' ')} runs, and nobody has given that up`)
    },
    onTouch(host, attempt, { engine: { rollout, rows } }) {
      if (rows.get(host.name)?.direction === 'back') return
      const open = rollout.scripts.find(({ purpose, state }) => purpose === 'before' && !PASSED.has(state))
      insist(open === undefined, () => `${host.name} touches what runs in attempt ${attempt} before ${open?.name} has passed`)
    },
    atEnd({ engine: { rollout } }) {
      const { scripts, phase, strategy } = rollout
      if (phase === 'succeeded') insist(scripts.every(({ state }) => PASSED.has(state)), () => `it has succeeded, and its scripts have not: ${JSON.stringify(scripts)}`)
      if (phase === 'rolled-back') scripts.forEach((script, place) => insist(isUndone(rollout, script, place), () => `${script.name} ran and is not undone`))
      const wrong = scripts.find(({ purpose, state }) => purpose === 'before' && !PASSED.has(state))
      if (phase === 'failed' && rollout.direction === 'forward') insist(wrong === undefined, () => `${wrong?.name} has not passed and the rollout has ended, with ${strategy.onFailure}`)
    },
  }
}

function keepsHosts({ purpose, state }: Script): boolean {
  return purpose !== 'undo' && (OUT.has(state) || (purpose === 'before' && !PASSED.has(state)))
}

function judge({ purpose, wave, name, undoes }: Script, { phase, gate, scripts }: Seen['before']['rollout'], { engine }: World): void {
  const rows = [...engine.rows.values()]
  insist(phase === (purpose === 'undo' ? 'rolling-back' : 'running'), () => `${name} (${purpose}) is sent while the rollout is ${phase}`)
  switch (purpose) {
    case 'before':
      return insist(rows.every(({ attempt }) => attempt === 0), () => `${name} is sent after a host has begun`)
    case 'test':
      insist(gate?.kind === 'test' && scripts[gate.script]?.wave === wave, () => `${name} is sent at no gate`)
      return insist(rows.every((row) => row.wave > (wave ?? 0) || OVER.has(row.state)), () => `${name} is sent while its wave is at work`)
    case 'after':
      return insist(rows.every(({ state }) => OVER.has(state)), () => `${name} is sent before the last host has ended`)
    case 'undo': {
      const open = rows.find((row) => (row.direction === 'back' ? !OVER.has(row.state) : row.touchedAtMs !== null && row.state !== 'skipped'))
      insist(open === undefined, () => `${name} is undone while ${open?.host} is not back`)
      const later = scripts.find((script) => script.purpose === 'undo' && (script.undoes ?? 0) > (undoes ?? 0) && !PASSED.has(script.state))
      return insist(later === undefined, () => `${name} is undone before ${later?.name}, which ran after it`)
    }
  }
}

function isUndone({ scripts, backOnly }: Rollout, { purpose, number }: Script, place: number): boolean {
  if (backOnly !== null || number === 0 || (purpose !== 'before' && purpose !== 'after')) return true
  return scripts.some((script) => script.undoes === place && PASSED.has(script.state))
}
