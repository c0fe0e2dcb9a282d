/** Nobody waits for what is there: when a rollout stands still, it is not for a host that is connected and has nothing to do. */
import { insist } from '../law.ts'
import type { Law } from '../law.ts'

export function presenceLaw(): Law {
  return {
    whenStill({ engine, hosts }) {
      if (engine.rollout.phase === 'paused') return
      for (const row of engine.rows.values()) {
        const isThere = hosts.get(row.host)!.isConnected
        // In line behind hosts whose outcome is unknown, it has all the time in the world.
        const isPreparing = row.state === 'sent' && row.inLineSinceMs === null
        const waits = row.parked !== null || isPreparing || row.state === 'claimed' || row.state === 'running'
        insist(!isThere || !waits, () => `the rollout stands still, and ${row.host}, which is connected, is ${row.state} (${row.parked ?? 'not parked'})`)
      }
    },
  }
}
