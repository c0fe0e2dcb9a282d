/** What an agent said once may arrive again at any time: the same values, the same references, no effects. */
import { hostOf } from '../../../coordinator/rollout/event.ts'
import type { AgentEvent, Event } from '../../../coordinator/rollout/event.ts'
import type { Rollout, Task } from '../../../coordinator/rollout/state.ts'
import { step } from '../../../coordinator/rollout/step.ts'
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

/** How many earlier events are tried again after each step. */
const TRIED_AGAIN = 3

type Report = Extract<AgentEvent, { attempt: number } | { number: number }>

export function repeatsLaw(): Law {
  /** By the hosts whose rows they speak of; those about scripts speak of none. */
  const past = new Map<string | null, Report[]>()
  let turn = 0
  const ignored = (rollout: Rollout, task: Task | null, event: Event, now: number, when: string) => {
    const again = step(rollout, task, event, now)
    const isSame = again.rollout === rollout && again.task === task && again.effects.length === 0 && again.refused === null
    insist(isSame, () => `${JSON.stringify(event)}, ${when}, makes ${JSON.stringify(task)} into ${JSON.stringify(again.task)} with ${JSON.stringify(again.effects)}`)
  }
  return {
    afterStep({ event, after: { rollout, task }, now }, { engine }) {
      if (isOfAgent(event)) ignored(rollout, task, event, now, 'at once again')
      if (isReport(event)) past.set(hostOf(event), [...(past.get(hostOf(event)) ?? []), event])
      const hosts = [...past.keys()]
      for (let i = 0; i < Math.min(TRIED_AGAIN, hosts.length); i++) {
        const host = hosts[turn++ % hosts.length]
        if (host === undefined) continue
        const events = past.get(host)!
        ignored(rollout, host === null ? null : engine.rows.get(host)!, events[turn % events.length]!, now, 'later again')
      }
    },
  }
}

function isReport(event: Event): event is Report {
  return 'attempt' in event || 'number' in event
}

function isOfAgent(event: Event): boolean {
  return isReport(event) || event.type === 'HostConnected' || event.type === 'HostLost'
}
