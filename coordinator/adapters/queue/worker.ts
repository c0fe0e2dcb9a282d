/**
 * Runs the engine's jobs. Owns how soon another coordinator takes over: a job whose coordinator was killed runs again within some six seconds,
 * on any coordinator. It may then run twice; the engine's compare-and-set makes that harmless.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'bullmq'
import type { Job } from 'bullmq'
import type { Logger } from 'pino'
import type { Jobs, Wakeups } from '../../engine/ports/wakeups.ts'
import type { RedisConnections } from '../redis/connection.ts'
import { PREFIX, QUEUE_NAME } from './rollout-queue.ts'
import type { JobData, JobName, RolloutQueue } from './rollout-queue.ts'
import { keepSweeping } from './sweep-schedule.ts'

/** Rollouts that one coordinator drives at once; a drive mostly waits for Redis. */
export const WORKER_CONCURRENCY = 16
/** A killed coordinator's jobs are locked for this long after its last sign of life. */
export const LOCK_MS = 4000
/** The event loop may stand still for LOCK_MS minus this before a job counts as abandoned. */
export const LOCK_RENEWED_MS = 1000
/** How often jobs without a lock are looked for. */
export const STALLED_CHECK_MS = 1500
/** A drive is never given up because coordinators die under it. */
export const MAX_STALLED_COUNT = 1_000_000
/** After an error of the connection; BullMQ's own 15 s would be felt as a standstill. */
export const WORKER_RETRY_MS = 500
/** Active jobs may take this long to finish when the coordinator stops. */
export const CLOSE_WITHIN_MS = 10_000

export type RunningJobs = {
  /** Takes no more jobs, lets the active ones finish, and after CLOSE_WITHIN_MS leaves them to other coordinators. */
  close(): Promise<void>
}

/** Resolves once the worker takes jobs and the sweep is scheduled. */
export async function runJobs(
  { connections, queue, wakeups, jobs, log }: {
    connections: Pick<RedisConnections, 'forWorker'>
    queue: RolloutQueue
    wakeups: Wakeups
    jobs: Jobs
    log: Logger
  },
): Promise<RunningJobs> {
  const worker = new Worker<JobData, void, JobName>(QUEUE_NAME, (job) => run(job, jobs, wakeups), {
    connection: connections.forWorker(), prefix: PREFIX, concurrency: WORKER_CONCURRENCY, runRetryDelay: WORKER_RETRY_MS,
    lockDuration: LOCK_MS, lockRenewTime: LOCK_RENEWED_MS, stalledInterval: STALLED_CHECK_MS, maxStalledCount: MAX_STALLED_COUNT,
  })
  worker.on('error', (error) => log.warn({ reason: error.message }, 'worker'))
  worker.on('stalled', (job) => log.warn({ job }, 'the coordinator of this job has gone; it runs again'))
  worker.on('failed', (job, error) => log.error({ job: job?.name, rollout: job?.data.rollout, tries: job?.attemptsMade, err: error }, 'a job failed'))
  await worker.waitUntilReady()
  const stopSweeping = await keepSweeping(queue, log)
  return {
    async close() {
      stopSweeping()
      const isClosed = await Promise.race([worker.close().then(() => true), sleep(CLOSE_WITHIN_MS, false, { ref: false })])
      if (!isClosed) {
        log.warn('active jobs do not finish; leaving them to another coordinator')
        await worker.disconnect()
      }
      await queue.close()
    },
  }
}

async function run({ name, data: { rollout, schedule } }: Job<JobData, void, JobName>, jobs: Jobs, wakeups: Wakeups): Promise<void> {
  switch (name) {
    case 'start':
      return jobs.start(rollout)
    case 'drive':
      return jobs.drive(rollout)
    case 'timer':
      return wakeups.wake(rollout)
    case 'fire':
      return jobs.fire(schedule ?? '')
    case 'sweep':
      return jobs.sweep()
  }
}
