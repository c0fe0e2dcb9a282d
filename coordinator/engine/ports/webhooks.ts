/** Webhooks: who outside is told of what, and how every telling went. */
import type { Announcement, AnnouncedType } from '../../../shared/announcement.ts'

export const MAX_WEBHOOKS = 50
/** Tries of one delivery, over some forty minutes; then it is dead until a person has it delivered again. */
export const DELIVERY_TRIES = 10
export const FIRST_RETRY_MS = 5000

/** `services`: names and globs, comma-separated. */
export type Webhook = { name: string; url: string; events: AnnouncedType[]; services: string; createdAtMs: number; createdBy: string }

/** How one try went. `status` null: no answer came. */
export type Try = { atMs: number; tookMs: number; status: number | null; error: string | null }

/** One message to one webhook. `message` is what the receiver gets as webhook-id, and tells repetitions by. */
export type Delivery = {
  webhook: string
  message: string
  type: Announcement['type']
  rollout: string | null
  state: 'waiting' | 'delivered' | 'dead'
  tries: number
  createdAtMs: number
  last: Try | null
}

export interface Webhooks {
  /** @returns the secret that signs its messages; it is not shown again @throws MusterError webhook_exists, webhook_limit */
  add(webhook: Webhook): Promise<string>
  /** By name. */
  list(): Promise<Webhook[]>
  /** With what is on its way to it. @throws MusterError webhook_unknown */
  remove(name: string): Promise<void>
  /** One message of type webhook.test, tried once, now. @throws MusterError webhook_unknown */
  test(name: string): Promise<Try>
  /** The latest first. `webhook` null: the dead ones of all. @throws MusterError webhook_unknown */
  deliveries(filter: { webhook: string | null; cursor: string | null; limit: number }): Promise<{ deliveries: Delivery[]; next: string | null }>
  /** Begins anew, with all its tries. @throws MusterError webhook_unknown, delivery_unknown */
  redeliver(webhook: string, message: string): Promise<Delivery>
  counts(): Promise<{ waiting: number; dead: number }>
}
