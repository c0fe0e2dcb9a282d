/** The sweep finds what was lost; this is what finds a lost sweep. */
import type { Logger } from 'pino'
import type { RolloutQueue } from './rollout-queue.ts'

/** Across all coordinators together. */
export const SWEEP_EVERY_MS = 5000
/** Every coordinator puts the schedule back this often. */
export const REPAIR_EVERY_MS = 30_000

const SCHEDULER = 'sweep'

/**
 * One schedule for all coordinators, in Redis. Each run of a sweep schedules the next; should that job be lost, or the schedule, putting it back
 * begins it anew, and changes nothing where all is well. @returns stops repairing; the schedule stays for the other coordinators
 */
export async function keepSweeping(queue: RolloutQueue, log: Logger): Promise<() => void> {
  await putBack(queue)
  const timer = setInterval(() => {
    putBack(queue).catch((error: unknown) => log.warn({ err: error }, 'cannot repair the schedule of the sweep; trying again'))
  }, REPAIR_EVERY_MS)
  return () => clearInterval(timer)
}

async function putBack(queue: RolloutQueue): Promise<void> {
  // The next one comes anyway, so a failed sweep is not tried again.
  await queue.upsertJobScheduler(SCHEDULER, { every: SWEEP_EVERY_MS }, { name: 'sweep', data: { rollout: '' }, opts: { attempts: 1 } })
}
