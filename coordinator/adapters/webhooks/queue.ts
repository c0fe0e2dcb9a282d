/**
 * The BullMQ queue of deliveries. A job only says that a delivery is worth looking at: what it is and how it stands lies beside it, and a job too many
 * does nothing.
 */
import { Queue } from 'bullmq'
import type { Logger } from 'pino'
import { DELIVERY_TRIES } from '../../engine/ports/webhooks.ts'
import { EVENTS_KEPT, PREFIX } from '../queue/rollout-queue.ts'
import type { RedisConnections } from '../redis/connection.ts'

export const DELIVERY_QUEUE = 'webhooks'

export type DeliveryQueue = Queue<{ id: string }, void, 'deliver'>

export function openDeliveryQueue(connections: Pick<RedisConnections, 'forQueue'>, log: Logger, firstRetryMs: number): DeliveryQueue {
  const queue: DeliveryQueue = new Queue(DELIVERY_QUEUE, {
    connection: connections.forQueue(),
    prefix: PREFIX,
    streams: { events: { maxLen: EVENTS_KEPT } },
    defaultJobOptions: {
      attempts: DELIVERY_TRIES,
      backoff: { type: 'exponential', delay: firstRetryMs, jitter: 0.2 },
      // A finished job that stayed would keep its delivery from ever being queued again: BullMQ drops a jobId that it knows.
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 1,
    },
  })
  queue.on('error', (error) => log.debug({ reason: error.message }, 'queue of deliveries'))
  return queue
}

/** Does nothing while there is a job for it. */
export async function enqueue(queue: DeliveryQueue, id: string): Promise<void> {
  await queue.add('deliver', { id }, { jobId: id })
}
