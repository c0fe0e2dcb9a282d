/** The one BullMQ queue that moves rollouts: its name, its jobs, and what is kept of them. */
import { Queue } from 'bullmq'
import type { JobsOptions } from 'bullmq'
import type { Logger } from 'pino'
import type { RedisConnections } from '../redis/connection.ts'

/** A hash tag, so that BullMQ's scripts find all keys of the queue in one slot. */
export const PREFIX = '{muster}'
export const QUEUE_NAME = 'rollouts'

/** `timer` only wakes: the drive that follows is the one that never runs twice at once. */
export type JobName = 'start' | 'drive' | 'timer' | 'fire' | 'sweep'
/** `rollout` is empty for a sweep, which is about all of them, and for a schedule that is to fire. */
export type JobData = { rollout: string; schedule?: string }
export type RolloutQueue = Queue<JobData, void, JobName>

/** Tries of a job that throws, over some three seconds. What still fails then is woken again by the next sweep. */
export const JOB_ATTEMPTS = 5
export const FIRST_RETRY_MS = 200
/** Finished jobs, kept only to be looked at. */
export const COMPLETED_KEPT = 100
export const FAILED_KEPT = 1000
/** Entries of the queue's own event stream, which nothing of ours reads. */
export const EVENTS_KEPT = 1000

export const JOB_OPTIONS: JobsOptions = {
  attempts: JOB_ATTEMPTS,
  backoff: { type: 'exponential', delay: FIRST_RETRY_MS, jitter: 0.25 },
  removeOnComplete: { count: COMPLETED_KEPT },
  removeOnFail: { count: FAILED_KEPT },
  stackTraceLimit: 1,
}

export function openQueue(connections: Pick<RedisConnections, 'forQueue'>, log: Logger): RolloutQueue {
  const queue: RolloutQueue = new Queue(QUEUE_NAME, {
    connection: connections.forQueue(), prefix: PREFIX, defaultJobOptions: JOB_OPTIONS, streams: { events: { maxLen: EVENTS_KEPT } },
  })
  // The connection says itself when it goes and comes; an 'error' without a listener would end the process.
  queue.on('error', (error) => log.debug({ reason: error.message }, 'queue'))
  return queue
}
