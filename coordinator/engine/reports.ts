/** Takes in what agents say: durable first, then the rollout is woken. Reports that come together share a wake-up. */
import type { RolloutId } from '../../shared/ids.ts'
import { OneAtATime } from '../../shared/one-at-a-time.ts'
import { lookSoon } from './convergence/converge.ts'
import type { AgentReports } from './ports/reports.ts'
import type { Ports } from './ports/ports.ts'

/** Rollouts whose wake-ups are kept apart; beyond it the eldest are forgotten, which costs a wake-up more. */
export const MAX_WAKERS = 1000

export function agentReports(ports: Ports): AgentReports {
  const wake = sharedWakes((id) => ports.wakeups.wake(id))
  return {
    async report(rollout, event) {
      if (!(await ports.rollouts.post(rollout, event))) return 'unknown-rollout'
      await wake(rollout)
      return 'posted'
    },
    async hostConnected(host) {
      lookSoon(ports)
      for (const id of await ports.rollouts.active()) {
        const task = (await ports.rollouts.tasks(id, [host])).get(host)
        if (task === undefined) continue
        await ports.rollouts.post(id, { type: 'HostConnected', host })
        await wake(id)
      }
    },
  }
}

/** One wake-up of a rollout at a time; whoever comes in the meantime shares the one that begins after it. */
function sharedWakes(wake: (id: RolloutId) => Promise<void>): (id: RolloutId) => Promise<void> {
  const wakers = new Map<RolloutId, OneAtATime<void>>()
  return (id) => {
    const waker = wakers.get(id) ?? new OneAtATime(() => wake(id))
    wakers.delete(id)
    wakers.set(id, waker)
    const eldest = wakers.keys().next().value
    if (wakers.size > MAX_WAKERS && eldest !== undefined) wakers.delete(eldest)
    return waker.again()
  }
}
