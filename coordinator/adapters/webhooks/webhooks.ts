/** Webhooks for people, and announcements for the engine: both put deliveries in, which deliver.ts takes out. */
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { sha256 } from '../../../shared/digest.ts'
import { TEST_TYPE } from '../../../shared/announcement.ts'
import type { AnnouncedType, Announcement } from '../../../shared/announcement.ts'
import { problem } from '../../../shared/errors.ts'
import { matchesGlob } from '../../../shared/selector.ts'
import type { Announcements } from '../../engine/ports/announcements.ts'
import type { Seals, Vault } from '../../engine/ports/keys.ts'
import { FIRST_RETRY_MS, MAX_WEBHOOKS } from '../../engine/ports/webhooks.ts'
import type { Delivery, Webhook, Webhooks } from '../../engine/ports/webhooks.ts'
import { sayUnavailable } from '../redis/unavailable.ts'
import type { RedisConnections } from '../redis/connection.ts'
import { deliverWebhooks } from './deliver.ts'
import type { Deliverer } from './deliver.ts'
import { post, SECRET_PREFIX } from './post.ts'
import { enqueue, openDeliveryQueue } from './queue.ts'
import type { DeliveryQueue } from './queue.ts'
import { deliveryId, WebhookRecords } from './records.ts'
import type { KeptDelivery } from './records.ts'

const SECRET_BYTES = 32
const MESSAGE_HEX_CHARS = 32

export type OpenWebhooks = { queue: DeliveryQueue; webhooks: Webhooks; announcements: Announcements; deliver: () => Promise<Deliverer> }

type Means = { seals: Seals; vault: Vault; clock: () => number; log: Logger }

/** @param firstRetryMs after the first failure of a delivery; doubles with each further one */
export function openWebhooks(redis: RedisConnections, { seals, vault, clock, log }: Means, firstRetryMs = FIRST_RETRY_MS): OpenWebhooks {
  const records = new WebhookRecords({ redis: redis.commands, seals, log }, vault)
  const queue = openDeliveryQueue(redis, log, firstRetryMs)
  return {
    queue,
    webhooks: sayUnavailable(webhooks(records, queue, clock)),
    announcements: sayUnavailable(announcements(records, queue)),
    deliver: () => deliverWebhooks({ connections: redis, records, queue, clock, log }),
  }
}

function announcements(records: WebhookRecords, queue: DeliveryQueue): Announcements {
  return {
    async announce(id, { event, atMs, ...data }) {
      const type: AnnouncedType = `rollout.${event}`
      const message = messageId(id)
      const body = bodyOf({ type, timestamp: new Date(atMs).toISOString(), data })
      const wanted = (await records.all()).filter((webhook) => wants(webhook, type, data.service))
      for (const { name: webhook } of wanted) {
        await records.put({ webhook, message, type, rollout: data.rollout, state: 'waiting', tries: 0, createdAtMs: atMs, last: null, body })
        // Also when it was there: whoever put it in may have died before it was queued.
        await enqueue(queue, deliveryId({ webhook, message }))
      }
    },
  }
}

function webhooks(records: WebhookRecords, queue: DeliveryQueue, clock: () => number): Webhooks {
  const known = async (name: string): Promise<Webhook & { secret: string }> => {
    const webhook = await records.get(name)
    if (webhook !== null) return webhook
    throw problem('webhook_unknown', `there is no webhook ${name}`, { field: 'name', expected: 'one that `muster webhook list` shows' })
  }
  return {
    async add(webhook) {
      const secret = SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
      const outcome = await records.add(webhook, secret)
      if (outcome === 'added') return secret
      const { name } = webhook
      if (outcome === 'exists') throw problem('webhook_exists', `there is a webhook ${name}`, { field: 'name', expected: 'a name that is not taken' })
      throw problem('webhook_limit', `there are ${MAX_WEBHOOKS} webhooks`, { expected: 'one of them removed first; one may be for many services' })
    },
    list: () => records.all(),
    async remove(name) {
      if (!(await records.remove(name))) await known(name)
    },
    async test(name) {
      const { url, secret } = await known(name)
      const now = clock()
      const why = `somebody tries the webhook ${name}`
      const data = { rollout: null, service: null, release: null, phase: null, why }
      const body = bodyOf({ type: TEST_TYPE, timestamp: new Date(now).toISOString(), data })
      return post(url, secret, { id: messageId(randomBytes(16).toString('hex')), body }, AbortSignal.timeout(60_000), clock)
    },
    async deliveries({ webhook, cursor, limit }) {
      if (webhook !== null) await known(webhook)
      const { deliveries, next } = await records.page(webhook === null ? 'dead' : { webhook }, cursor, limit)
      return { deliveries: deliveries.map(withoutBody), next }
    },
    async redeliver(webhook, message) {
      await known(webhook)
      const id = deliveryId({ webhook, message })
      const delivery = await records.delivery(id)
      if (delivery === null) {
        throw problem('delivery_unknown', `${webhook} has no delivery ${message}`, { field: 'message', expected: 'one that `muster webhook deliveries` shows' })
      }
      const anew: KeptDelivery = { ...delivery, state: 'waiting', tries: 0 }
      await records.change(anew, clock())
      await enqueue(queue, id)
      return withoutBody(anew)
    },
    counts: () => records.counts(),
  }
}

/** Standard Webhooks: no dots, because it is signed as a part of a dotted text. */
function messageId(event: string): string {
  return `msg_${sha256(event).slice(0, MESSAGE_HEX_CHARS)}`
}

function bodyOf(announcement: Announcement): string {
  return JSON.stringify(announcement)
}

function wants({ events, services }: Webhook, type: AnnouncedType, service: string): boolean {
  return events.includes(type) && services.split(',').some((glob) => matchesGlob(glob, service))
}

function withoutBody({ body: _body, ...delivery }: KeptDelivery): Delivery {
  return delivery
}
