/** The hand on the brake: what is refused changes nothing, a rollout that is paused or over touches no further host, and over is over. */
import { hasEnded } from '../../../shared/states.ts'
import type { Event } from '../../../coordinator/rollout/event.ts'
import { step } from '../../../coordinator/rollout/step.ts'
import type { Seen } from '../engine.ts'
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
      judge(event, before, after)
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

/** What a control that was taken in must lead to. */
function judge(event: Event, before: Seen['before'], { rollout }: Seen['after']): void {
  if (event.type === 'SkipRequested') {
    const isActing = before.task?.state === 'claimed' || before.task?.state === 'running'
    insist(!isActing || event.presence === 'away', () => `${event.host} is skipped while it is being changed`)
  }
  if (event.type === 'RetryRequested') {
    const isReopened = before.rollout.phase === 'aborted' && rollout.phase !== 'aborted'
    insist(rollout.toRetry + rollout.toBegin > 0 || isReopened, () => 'a retry is taken in and forgotten')
    insist(!hasEnded(rollout.phase) && rollout.hold?.kind !== 'tolerance', () => `a retry is taken in, and the rollout is ${rollout.phase}`)
  }
}

function isControl(event: Event): boolean {
  return 'by' in event
}
