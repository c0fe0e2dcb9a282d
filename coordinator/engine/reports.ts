/** Takes in what agents say: durable first, then the rollout is woken. */
import type { AgentReports } from './ports/reports.ts'
import type { Ports } from './ports/ports.ts'

export function agentReports(ports: Ports): AgentReports {
  return {
    async report(rollout, event) {
      if (!(await ports.rollouts.post(rollout, event))) return 'unknown-rollout'
      await ports.wakeups.wake(rollout)
      return 'posted'
    },
    async hostConnected(host) {
      for (const id of await ports.rollouts.active()) {
        const task = (await ports.rollouts.tasks(id, [host])).get(host)
        if (task === undefined) continue
        await ports.rollouts.post(id, { type: 'HostConnected', host })
        await ports.wakeups.wake(id)
      }
    },
  }
}
