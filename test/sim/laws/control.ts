/** The hand on the brake: what is refused changes nothing, a rollout that is paused or over touches no further host, and over is over. */
import { hasEnded } from '../../../shared/states.ts'
import type { Event } from '../../../coordinator/rollout/event.ts'
import { step } from '../../../coordinator/rollout/step.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function controlLaw(): Law {
  return {
    afterStep({ event, before, after }) {
      if (after.refused !== null) {
        const same = after.rollout === before.rollout && after.task === before.task && after.effects.length === 0
        insist(same && isControl(event), () => `${event.type} is refused and changes something`)
        return
      }
      const { phase } = before.rollout
      const moving = after.task?.direction === 'back' ? 'rolling-back' : 'running'
      for (const effect of after.effects) {
        if (effect.type !== 'SendCommand' && effect.type !== 'GrantSlot') continue
        insist(phase === moving, () => `${effect.type} to ${effect.host}, which goes ${after.task?.direction}, while the rollout is ${phase}`)
      }
      if (!hasEnded(phase) || isControl(event)) return
      insist(after.effects.length === 0 && after.rollout.phase === phase, () => `${event.type} after the end has effects`)
    },
    atEnd({ engine, seen, timeline }) {
      const events = new Map(seen.map(({ event }) => [JSON.stringify(event), event]))
      for (const event of events.values()) {
        if (isControl(event)) continue
        const task = 'host' in event ? (engine.rows.get(event.host) ?? null) : null
        const after = step(engine.rollout, task, event, timeline.nowMs)
        insist(after.effects.length === 0, () => `${JSON.stringify(event)} has effects after the end`)
      }
    },
  }
}

function isControl(event: Event): boolean {
  return 'by' in event
}
