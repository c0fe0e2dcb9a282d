/** A rollout as the engine would plan it, for tests that need one and do not care which. */
import { newRollout } from '../../coordinator/rollout/plan.ts'
import type { Rollout, Task } from '../../coordinator/rollout/state.ts'
import { strategySchema } from '../../shared/strategy.ts'

export const NOW = 1_700_000_000_000

/** The digest of nothing in particular, as long as they are. */
export const REVISION = 'c0ffee'.padEnd(64, '0')

export function someRollout(id: string, hostCount = 3): { rollout: Rollout; tasks: Task[] } {
  const hosts = Array.from({ length: hostCount }, (_, i) => ({ host: `web-${i}`, revision: REVISION }))
  const service = id.slice(0, id.lastIndexOf('-'))
  const strategy = strategySchema.parse({ waves: [1, '50%'], concurrency: 2 })
  return newRollout({ id, service, release: '1.0.0', revision: REVISION, actor: 'ann', reason: null, strategy, hosts }, NOW)
}
