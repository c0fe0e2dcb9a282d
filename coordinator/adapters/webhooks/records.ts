/**
 * Webhooks and their deliveries in Redis, under the tag `{webhooks}`: sealed, so that nobody turns one elsewhere or has words of his own signed, and the
 * webhooks' secrets encrypted. Owns that a delivery waits, is delivered or is dead, and is found by which it is.
 */
import type { Redis } from 'ioredis'
import type { Vault } from '../../engine/ports/keys.ts'
import { MAX_WEBHOOKS } from '../../engine/ports/webhooks.ts'
import type { Delivery, Webhook } from '../../engine/ports/webhooks.ts'
import { beyond } from '../redis/cursor.ts'
import { loadScript } from '../redis/script.ts'
import { SealedHash } from '../redis/sealed-hash.ts'
import { SealedTexts, tampered } from '../redis/sealed-texts.ts'
import type { SealedStore } from '../redis/sealed-texts.ts'

export const DELIVERIES_KEPT_MS = 7 * 24 * 3_600_000
/** Per webhook; the oldest go first. */
export const MAX_DELIVERIES = 500
/** Over all webhooks; the oldest go first. */
export const MAX_DEAD = 1000

const HOOKS = '{webhooks}:hooks'
const WAITING = '{webhooks}:waiting'
const DEAD = '{webhooks}:dead'
const PLACES = '{webhooks}:places'
const ofKey = (name: string) => `{webhooks}:of:${name}`
const deliveryKey = (id: string) => `{webhooks}:delivery:${id}`

const WEBHOOK = { what: (name: string) => `the webhook ${name}`, repair: 'muster webhook remove, and it added anew' }

/** As they lie in Redis: a webhook with its secret, encrypted; a delivery with what it says. */
export type KeptWebhook = Webhook & { secret: string }
export type KeptDelivery = Delivery & { body: string }

const addWebhook = loadScript<'added' | 'exists' | 'limit'>(new URL('./lua/webhook-add.lua', import.meta.url))
const addDelivery = loadScript<0 | 1>(new URL('./lua/delivery-add.lua', import.meta.url))

/** Message and webhook: what is sent twice is one delivery. */
export function deliveryId({ webhook, message }: Pick<Delivery, 'webhook' | 'message'>): string {
  return `${message}.${webhook}`
}

export function webhookRecords(store: SealedStore): SealedHash<KeptWebhook> {
  return new SealedHash(store, HOOKS, WEBHOOK)
}

/** As it lies in the record of the webhook. */
export function encryptedSecret(vault: Vault, name: string, secret: string): string {
  return vault.encrypt(aboutSecret(name), secret)
}

function aboutSecret(name: string): string {
  return `${HOOKS} ${name} secret`
}

export class WebhookRecords {
  readonly #redis: Redis
  readonly #vault: Vault
  readonly #hooks: SealedHash<KeptWebhook>
  readonly #deliveries: SealedTexts<KeptDelivery>

  constructor(store: SealedStore, vault: Vault) {
    this.#redis = store.redis
    this.#vault = vault
    this.#hooks = webhookRecords(store)
    this.#deliveries = new SealedTexts(store, 'webhook delivery')
  }

  add(webhook: Webhook, secret: string): Promise<'added' | 'exists' | 'limit'> {
    const { name } = webhook
    const kept = this.#hooks.seal(name, { ...webhook, secret: encryptedSecret(this.#vault, name, secret) })
    return addWebhook(this.#redis, [HOOKS], [name, kept, MAX_WEBHOOKS])
  }

  /** Those that open. */
  async all(): Promise<Webhook[]> {
    return (await this.#hooks.all()).map(({ secret: _secret, ...webhook }) => webhook).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** With its secret in clear. @throws MusterError tampered */
  async get(name: string): Promise<(Webhook & { secret: string }) | null> {
    const kept = await this.#hooks.get(name)
    if (kept === null) return null
    const secret = this.#vault.decrypt(aboutSecret(name), kept.secret)
    if (secret === null) throw tampered(WEBHOOK, name, kept.secret)
    return { ...kept, secret }
  }

  /** False: there is none. Its deliveries go when they are come across, or after DELIVERIES_KEPT_MS. */
  async remove(name: string): Promise<boolean> {
    const ids = await this.#redis.zrange(ofKey(name), 0, '-1')
    const change = this.#redis.multi().hdel(HOOKS, name).del(ofKey(name))
    if (ids.length > 0) change.zrem(WAITING, ...ids).zrem(DEAD, ...ids).del(...ids.map(deliveryKey))
    const [removed] = (await change.exec()) ?? []
    return removed?.[1] === 1
  }

  /** False: it is there already. */
  async put(delivery: KeptDelivery): Promise<boolean> {
    const id = deliveryId(delivery)
    const keys = [deliveryKey(id), ofKey(delivery.webhook), WAITING, HOOKS, PLACES]
    const args = [this.#deliveries.seal(id, delivery), id, delivery.createdAtMs, DELIVERIES_KEPT_MS, MAX_DELIVERIES, delivery.webhook]
    return (await addDelivery(this.#redis, keys, args)) === 1
  }

  /** Null: there is none, or none that opens. */
  async delivery(id: string): Promise<KeptDelivery | null> {
    const text = await this.#redis.get(deliveryKey(id))
    return text === null ? null : this.#deliveries.open(id, text)
  }

  /** As it is from now on. */
  async change(delivery: KeptDelivery, now: number): Promise<void> {
    const id = deliveryId(delivery)
    const place = await this.#redis.incr(PLACES)
    const change = this.#redis.multi().set(deliveryKey(id), this.#deliveries.seal(id, delivery), 'PX', DELIVERIES_KEPT_MS)
    if (delivery.state === 'waiting') change.zadd(WAITING, now, id)
    else change.zrem(WAITING, id)
    if (delivery.state === 'dead') change.zadd(DEAD, place, id).zremrangebyrank(DEAD, 0, -MAX_DEAD - 1)
    else change.zrem(DEAD, id)
    await change.exec()
  }

  /** The latest first; those that have expired are left out. */
  async page(of: { webhook: string } | 'dead', cursor: string | null, limit: number): Promise<{ deliveries: KeptDelivery[]; next: string | null }> {
    const key = of === 'dead' ? DEAD : ofKey(of.webhook)
    const flat = await this.#redis.zrange(key, beyond(cursor, '+inf'), '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, limit, 'WITHSCORES')
    const ids = flat.filter((_, index) => index % 2 === 0)
    const texts = ids.length === 0 ? [] : await this.#redis.mget(...ids.map(deliveryKey))
    const deliveries = texts.flatMap((text, index) => (text === null ? [] : (this.#deliveries.open(ids[index]!, text) ?? [])))
    return { deliveries, next: ids.length < limit ? null : (flat.at(-1) ?? null) }
  }

  /** Ids of those that have waited since before `atMs`, the longest waiting first. */
  waitingSince(atMs: number, limit: number): Promise<string[]> {
    return this.#redis.zrangebyscore(WAITING, '-inf', atMs, 'LIMIT', 0, limit)
  }

  async forget(id: string): Promise<void> {
    await this.#redis.multi().zrem(WAITING, id).zrem(DEAD, id).exec()
  }

  async counts(): Promise<{ waiting: number; dead: number }> {
    const [waiting, dead] = await Promise.all([this.#redis.zcard(WAITING), this.#redis.zcard(DEAD)])
    return { waiting, dead }
  }
}
