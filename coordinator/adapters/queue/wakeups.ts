/**
 * The engine's Wakeups on BullMQ. Owns that a rollout has at most one drive at a time and one more in waiting, however often it is woken, and one
 * timer. Deduplication is by its own ids and not by `jobId`: a job with an id that is still active or retained would be dropped in silence.
 */
import type { JobsOptions } from 'bullmq'
import type { RolloutId } from '../../../shared/ids.ts'
import type { Wakeups } from '../../engine/ports/wakeups.ts'
import { sayUnavailable } from '../redis/unavailable.ts'
import type { RolloutQueue } from './rollout-queue.ts'

/** Besides what the port says, every method throws MusterError unavailable when Redis cannot answer. */
export function bullWakeups(queue: RolloutQueue): Wakeups {
  return sayUnavailable<Wakeups>({
    async enqueue(id) {
      await queue.add('start', { rollout: id }, { deduplication: oneDrive(id) })
    },

    async wake(id) {
      await queue.add('drive', { rollout: id }, { deduplication: oneDrive(id) })
    },

    async wakeAt(id, atMs) {
      if (atMs === null) return cancelTimer(queue, id)
      const timestamp = Date.now()
      await queue.add('timer', { rollout: id }, { timestamp, delay: Math.max(0, atMs - timestamp), deduplication: oneTimer(id) })
    },

    async fireAt(schedule, atMs) {
      const timestamp = Date.now()
      const deduplication = { id: `schedule:${schedule}@${atMs}` }
      await queue.add('fire', { rollout: '', schedule }, { timestamp, delay: Math.max(0, atMs - timestamp), deduplication })
    },
  })
}

/** A wake-up while one waits is that one. While one is active it is kept, once, and queued when that one is over, however it ends. */
function oneDrive(id: RolloutId): NonNullable<JobsOptions['deduplication']> {
  return { id: `drive:${id}`, keepLastIfActive: true }
}

/**
 * A new time takes the place of the old one. One that is set while the timer fires is kept and set then. While a fired timer waits for a worker a
 * new one is dropped: the drive that follows sets it again.
 */
function oneTimer(id: RolloutId): NonNullable<JobsOptions['deduplication']> {
  return { id: timerId(id), replace: true, keepLastIfActive: true }
}

async function cancelTimer(queue: RolloutQueue, id: RolloutId): Promise<void> {
  const jobId = await queue.getDeduplicationJobId(timerId(id))
  // One that is firing right now cannot be removed; it wakes for nothing.
  if (jobId !== null) await queue.remove(jobId)
}

function timerId(id: RolloutId): string {
  return `timer:${id}`
}
