/** While a freeze window stands no host begins, unless a person has said so, or its claim was under way when it fell. The way back is open. */
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function freezeLaw(): Law {
  return {
    afterStep({ event, after }, { frozenUntilMs }) {
      if (frozenUntilMs === null || after.rollout.freezeOverriddenBy !== null || after.task === null || after.task.direction === 'back') return
      const begins = after.effects.some(({ type }) => type === 'SendCommand' || type === 'GrantSlot')
      insist(!begins || event.type === 'ClaimRequested', () => `${after.task?.host} begins by ${event.type} while it is frozen`)
    },
  }
}
