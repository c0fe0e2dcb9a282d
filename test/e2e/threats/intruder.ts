/** Somebody who may read and write the coordinator's Redis, and has nothing else: no key, no token. */
import { Redis } from 'ioredis'
import { HOSTS, mailboxKey } from '../../../coordinator/adapters/hosts/keys.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import type { Fleet } from '../fleet.ts'

export class Intruder {
  readonly redis: Redis

  constructor(fleet: Fleet) {
    this.redis = new Redis(fleet.coordinator.redisSocket)
  }

  async read(key: string, field: string): Promise<string> {
    const text = await this.redis.hget(key, field)
    if (text === null) throw new Error(`${key} has no ${field}`)
    return text
  }

  /** Changes what a field says, and leaves the rest of it as it is, also its seal. @returns what it said */
  async change(key: string, field: string, from: string, to: string): Promise<string> {
    const text = await this.read(key, field)
    if (!text.includes(from)) throw new Error(`${key} ${field} does not say ${from}: ${text}`)
    await this.redis.hset(key, field, text.replaceAll(from, to))
    return text
  }

  /** The order of a command, as it lies in its host's mailbox. */
  async order(host: string, id: string): Promise<SignedOrder> {
    const { order, signature, keyId } = JSON.parse(await this.read(mailboxKey(host), `command:${id}`)) as Record<keyof SignedOrder, string>
    return { order: Buffer.from(order, 'base64'), signature: Buffer.from(signature, 'base64'), keyId }
  }

  /** Puts an order into a mailbox, gives it its slot, and rings, so that the host is told at once. */
  async mail(host: string, id: string, { order, signature, keyId }: SignedOrder): Promise<void> {
    const text = JSON.stringify({ order: Buffer.from(order).toString('base64'), signature: Buffer.from(signature).toString('base64'), keyId })
    await this.redis.hset(mailboxKey(host), { [`command:${id}`]: text, [`grant:${id}`]: await this.read(HOSTS.epochs, host) })
    await this.ring(host)
  }

  /** Has the host's coordinator look into its mailbox. */
  async ring(host: string): Promise<void> {
    const coordinator = (await this.read(HOSTS.sessions, host)).split(' ').slice(2).join(' ')
    await this.redis.publish(`coordinator:${coordinator}`, host)
  }

  /** Everything that Redis has, key by key, as text. */
  async everything(): Promise<Map<string, string>> {
    const all = new Map<string, string>()
    for await (const keys of this.redis.scanStream({ count: 1000 }) as AsyncIterable<string[]>) {
      for (const key of keys) all.set(key, JSON.stringify(await this.#valueOf(key)))
    }
    return all
  }

  async #valueOf(key: string): Promise<unknown> {
    const type = await this.redis.type(key)
    switch (type) {
      case 'string':
        return this.redis.get(key)
      case 'hash':
        return this.redis.hgetall(key)
      case 'list':
        return this.redis.lrange(key, 0, -1)
      case 'set':
        return this.redis.smembers(key)
      case 'zset':
        return this.redis.zrange(key, '0', '-1')
      case 'stream':
        return this.redis.xrange(key, '-', '+')
      case 'none':
        return null
      default:
        throw new Error(`${key} is a ${type}, which nobody here can read`)
    }
  }

  close(): void {
    this.redis.disconnect()
  }
}
