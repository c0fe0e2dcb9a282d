/**
 * A connection to whichever Redis is the master now. Owns when an answer is passed on: once as many replicas as were asked for have what it rests
 * on. And it owns that what was asked of one server is never done by the next one, which may have forgotten what it followed from.
 */
import { Redis } from 'ioredis'
import type { Command, RedisOptions } from 'ioredis'
import { problem } from '../../../shared/errors.ts'
import type { MusterError } from '../../../shared/errors.ts'
import { OneAtATime } from '../../../shared/one-at-a-time.ts'

/** How long replicas have to confirm; a healthy one takes a millisecond. */
export const REPLICAS_WITHIN_MS = 2000

/** Nothing is published here that anybody needs: it is a place in the stream of replication, and whoever has it has all that came before. */
const MARK_CHANNEL = 'muster:kept'

/** They change nothing that has to be kept. Whatever is not named here, scripts above all, waits for the replicas. */
const PASSED_ON_AT_ONCE: ReadonlySet<string> = new Set([
  'auth', 'client', 'config', 'exists', 'hello', 'hexists', 'hget', 'hgetall', 'hkeys', 'hlen', 'hmget', 'hscan', 'info', 'llen', 'lrange', 'mget', 'get',
  'ping', 'pttl', 'publish', 'quit', 'scan', 'scard', 'select', 'smembers', 'ttl', 'wait', 'xlen', 'xrange', 'xrevrange', 'zcard', 'zcount', 'zmscore',
  'zrange', 'zscan', 'zscore',
])

/** Those that the driver's own types let through. */
export type DriverOptions = RedisOptions & { replyMapping?: never }

export type MasterOptions = {
  /** How many must have what is acknowledged. 0: the master's word is enough. */
  replicas: number
  /** Another server than before answers: a replica that was promoted, or the same one started again. */
  onOtherServer: () => void
}

export class MasterRedis extends Redis {
  readonly #replicas: number
  readonly #onOtherServer: () => void
  #serverId: string | null = null
  readonly #askedOf = new WeakMap<Command, string | null>()
  readonly #confirmations = new OneAtATime(() => this.#confirm())

  /** @param address a URL or a path, or whatever else the driver can connect to, as options */
  constructor(address: string | DriverOptions, options: DriverOptions, { replicas, onOtherServer }: MasterOptions) {
    super(address as string, options)
    this.#replicas = replicas
    this.#onOtherServer = onOtherServer
  }

  /** Names a server from its start to its end. Null: none has answered yet. */
  get serverId(): string | null {
    return this.#serverId
  }

  /** Every command of a connection goes through here; one that was not answered comes a second time, when the driver has connected again. */
  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    const askedOf = this.#askedOf.get(command)
    if (askedOf !== undefined && askedOf !== null && askedOf !== this.#serverId) {
      command.reject(failedOver())
      return command.promise
    }
    this.#askedOf.set(command, askedOf ?? this.#serverId)
    if (command.name === 'info') this.#recognize(command)
    const reply = super.sendCommand(command, stream) as Promise<unknown>
    const waits = this.#replicas > 0 && stream === undefined && askedOf === undefined && !PASSED_ON_AT_ONCE.has(command.name)
    return waits ? this.#passOn(reply) : reply
  }

  /**
   * Resolves once the replicas have all that this server had answered before the call, whoever asked for it.
   * @throws MusterError unavailable when too few of them say so in time, or another server answers now
   */
  async kept(): Promise<void> {
    if (this.#replicas === 0) return
    const serverId = this.#serverId
    if ((await this.#confirmations.again()) !== serverId) throw failedOver()
  }

  async #passOn(reply: Promise<unknown>): Promise<unknown> {
    const answer = await reply
    await this.kept()
    return answer
  }

  /** @returns the server that has confirmed. One round serves all who ask while the one before it is under way. */
  async #confirm(): Promise<string | null> {
    const serverId = this.#serverId
    const [, confirmed] = await Promise.all([this.publish(MARK_CHANNEL, ''), this.wait(this.#replicas, REPLICAS_WITHIN_MS)])
    if (confirmed >= this.#replicas) return serverId
    const message = `only ${confirmed} of ${this.#replicas} replicas of Redis confirm what was written; what was asked may or may not last`
    throw problem('unavailable', message, { expected: `${this.#replicas} replicas that keep up, as --redis-replicas says` })
  }

  /** The driver asks every server for this before anything else. It is read here before the driver does, which then sends what waits. */
  #recognize(command: Command): void {
    const resolve = command.resolve
    command.resolve = (info) => {
      this.#learn(/^run_id:(\w+)/m.exec(String(info))?.[1] ?? this.#serverId)
      resolve(info)
    }
  }

  #learn(serverId: string | null): void {
    if (serverId === this.#serverId) return
    const isOther = this.#serverId !== null
    this.#serverId = serverId
    if (isOther) this.#onOtherServer()
  }
}

/** What `redis` has answered so far will not be forgotten by a fail-over. @throws MusterError unavailable when nobody can say so */
export async function kept(redis: Redis): Promise<void> {
  if (redis instanceof MasterRedis) await redis.kept()
}

function failedOver(): MusterError {
  const message = 'another Redis server answers than the one that was asked; what was asked may or may not have been done'
  return problem('unavailable', message, { expected: 'the same again, now that it does' })
}
