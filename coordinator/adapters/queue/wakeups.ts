/**
 * BullMQ: rollouts to start, wake-ups, timers, the sweep. Owns that of each rollout at most one drive is active: starts and timers only ask for a
 * drive, and drives of one rollout are deduplicated, one active and at most one waiting.
 */
import { Queue, Worker } from 'bullmq'
import type { Job, JobsOptions } from 'bullmq'
import type { Logger } from 'pino'
import type { RolloutId } from '../../../shared/ids.ts'
import type { Jobs, Wakeups } from '../../engine/ports/wakeups.ts'
import type { RedisConnections } from '../redis/connection.ts'

/** A hash tag: all of BullMQ's keys live on one node of a cluster. */
export const PREFIX = '{muster}'
export const QUEUE = 'rollouts'
export const SWEEP_EVERY_MS = 5000
/** Rollouts driven at once by one coordinator. */
export const DRIVES_AT_ONCE = 16
/** A coordinator that was killed holds a job for this long, and it is missed within the interval after: another goes on within eight seconds. */
export const LOCK_MS = 5000
export const STALLED_LOOK_EVERY_MS = 2500
/** Drives are idempotent: however many coordinators die over one, the next may have it. */
export const MAX_STALLED = 1_000_000
export const TRIES = 5
export const TRY_AGAIN_MS = 300
export const FAILED_KEPT = 200

type Data = { rollout: RolloutId }

const RETRIED: JobsOptions = { attempts: TRIES, backoff: { type: 'exponential', delay: TRY_AGAIN_MS }, removeOnComplete: true, removeOnFail: { count: FAILED_KEPT } }

export type BullWakeups = {
  wakeups: Wakeups
  /** Takes up jobs from now on. */
  run(jobs: Jobs): Promise<void>
  /** Waits for the jobs under way. */
  close(): Promise<void>
}

export function bullWakeups(redis: RedisConnections, log: Logger, sweepEveryMs = SWEEP_EVERY_MS): BullWakeups {
  const queue = new Queue<Data>(QUEUE, { connection: redis.forQueue(), prefix: PREFIX })
  queue.on('error', (error) => log.warn({ err: error }, 'the queue lost Redis'))
  const wakeups = wakeupsOn(queue)
  let worker: Worker<Data> | null = null
  return {
    wakeups,
    async run(jobs) {
      worker = new Worker<Data>(QUEUE, (job) => work(job, jobs, wakeups), {
        connection: redis.forWorker(), prefix: PREFIX, concurrency: DRIVES_AT_ONCE,
        lockDuration: LOCK_MS, stalledInterval: STALLED_LOOK_EVERY_MS, maxStalledCount: MAX_STALLED,
      })
      worker.on('error', (error) => log.warn({ err: error }, 'the worker lost Redis'))
      worker.on('failed', (job, error) => log.error({ err: error, job: job?.name, rollout: job?.data.rollout }, 'a job failed'))
      await queue.upsertJobScheduler('sweep', { every: sweepEveryMs }, { name: 'sweep', opts: { removeOnComplete: true, removeOnFail: { count: FAILED_KEPT } } })
    },
    async close() {
      await worker?.close()
      await queue.close()
    },
  }
}

function wakeupsOn(queue: Queue<Data>): Wakeups {
  return {
    async enqueue(rollout) {
      await queue.add('start', { rollout }, RETRIED)
    },
    async wake(rollout) {
      await queue.add('drive', { rollout }, { ...RETRIED, deduplication: { id: `drive:${rollout}`, keepLastIfActive: true } })
    },
    async wakeAt(rollout, atMs) {
      const id = `timer:${rollout}`
      if (atMs === null) return cancel(queue, id)
      await queue.add('timer', { rollout }, { ...RETRIED, delay: Math.max(0, atMs - Date.now()), deduplication: { id, replace: true } })
    },
  }
}

async function cancel(queue: Queue<Data>, id: string): Promise<void> {
  const jobId = await queue.getDeduplicationJobId(id)
  if (jobId !== null) await queue.remove(jobId)
}

async function work(job: Job<Data>, jobs: Jobs, wakeups: Wakeups): Promise<void> {
  switch (job.name) {
    case 'start':
    case 'timer':
      return wakeups.wake(job.data.rollout)
    case 'drive':
      return jobs.drive(job.data.rollout)
    case 'sweep':
      return jobs.sweep()
    default:
      throw new Error(`no such job: ${job.name}`)
  }
}
