/**
 * Delivers: BullMQ says when, the delivery's own record says what. Owns that a delivery ends: delivered, or dead after DELIVERY_TRIES, or when its
 * webhook has gone. A receiver may get a message twice, with the same id, when a coordinator dies between the answer and the note of it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'bullmq'
import type { Job } from 'bullmq'
import type { Logger } from 'pino'
import { DELIVERY_TRIES } from '../../engine/ports/webhooks.ts'
import { PREFIX } from '../queue/rollout-queue.ts'
import type { RedisConnections } from '../redis/connection.ts'
import { ANSWER_WITHIN_MS, post } from './post.ts'
import { DELIVERY_QUEUE, enqueue } from './queue.ts'
import type { DeliveryQueue } from './queue.ts'
import type { WebhookRecords } from './records.ts'

/** Messages that one coordinator has on their way at once. */
export const DELIVERED_AT_ONCE = 8
/** Deliveries whose job was lost are queued again. */
export const REPAIR_EVERY_MS = 30_000
export const REPAIRED_AT_ONCE = 500
/** A receiver that says so is told nothing more. */
const GONE = 410
const CLOSE_WITHIN_MS = 5000
const MAX_STALLED_COUNT = 1_000_000

export type Deliverer = { close(): Promise<void> }

type Means = { connections: Pick<RedisConnections, 'forWorker'>; records: WebhookRecords; queue: DeliveryQueue; clock: () => number; log: Logger }

export async function deliverWebhooks({ connections, records, queue, clock, log }: Means): Promise<Deliverer> {
  const closing = new AbortController()
  const worker = new Worker<{ id: string }, void, 'deliver'>(DELIVERY_QUEUE, ({ data }: Job<{ id: string }>) => deliver(data.id), {
    connection: connections.forWorker(), prefix: PREFIX, concurrency: DELIVERED_AT_ONCE, lockDuration: 2 * ANSWER_WITHIN_MS, maxStalledCount: MAX_STALLED_COUNT,
  })
  worker.on('error', (error) => log.warn({ reason: error.message }, 'deliveries of webhooks'))
  await worker.waitUntilReady()
  const timer = setInterval(() => {
    repair().catch((error: unknown) => log.warn({ err: error }, 'cannot look for lost deliveries; trying again'))
  }, REPAIR_EVERY_MS)

  /** @throws when it is to be tried again; BullMQ knows when */
  async function deliver(id: string): Promise<void> {
    const delivery = await records.delivery(id)
    const webhook = delivery === null ? null : await records.get(delivery.webhook)
    if (delivery === null || webhook === null) return records.forget(id)
    if (delivery.state !== 'waiting') return
    const last = await post(webhook.url, webhook.secret, { id: delivery.message, body: delivery.body }, closing.signal, clock)
    // Broken off by us: it was no try.
    if (closing.signal.aborted && last.error !== null) throw new Error('the coordinator ends')
    const tries = delivery.tries + 1
    const isOver = last.error === null || last.status === GONE || tries >= DELIVERY_TRIES
    const state = last.error === null ? 'delivered' : isOver ? 'dead' : 'waiting'
    await records.change({ ...delivery, state, tries, last }, clock())
    if (state === 'dead') log.warn({ webhook: webhook.name, message: delivery.message, tries, reason: last.error }, 'a webhook cannot be delivered')
    if (state === 'waiting') throw new Error(last.error ?? '')
  }

  async function repair(): Promise<void> {
    for (const id of await records.waitingSince(clock() - REPAIR_EVERY_MS, REPAIRED_AT_ONCE)) await enqueue(queue, id)
  }

  return {
    async close() {
      clearInterval(timer)
      closing.abort()
      const isClosed = await Promise.race([worker.close().then(() => true), sleep(CLOSE_WITHIN_MS, false, { ref: false })])
      if (!isClosed) await worker.disconnect()
      await queue.close()
    },
  }
}
