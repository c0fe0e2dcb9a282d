/** Who is killed is not tried again by itself. */
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function killLaw(): Law {
  const killed = new Set<string>()
  return {
    afterStep({ event, before, after }) {
      if (!('host' in event) || after.task === null || after.refused !== null) return
      const { host, state } = after.task
      if (event.type === 'KillRequested') {
        insist(after.effects.some(({ type }) => type === 'KillCommand' || type === 'WithdrawCommand'), () => `${host} is to be killed and hears nothing of it`)
        killed.add(host)
      }
      const isForgiven = event.type === 'HostRetryRequested' || event.type === 'RetryDue' || event.type === 'TurnDue' || state === 'succeeded'
      if (isForgiven && after.task !== before.task) killed.delete(host)
      const isSent = after.effects.some(({ type }) => type === 'SendCommand')
      insist(!isSent || !killed.has(host), () => `${host} was killed, and is sent again by itself`)
    },
  }
}
