/**
 * Pub/sub on one shared connection: any number of listeners, one subscription per channel. A notice says only that it is worth looking;
 * it may come twice, and one sent while the connection was down is lost, so whoever listens also looks from time to time.
 */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'

export type Listener = (message: string) => void

export class Notices {
  readonly #redis: Redis
  readonly #log: Logger
  readonly #listeners = new Map<string, Set<Listener>>()

  /** @param redis used for nothing else; its subscriptions survive a reconnection */
  constructor(redis: Redis, log: Logger) {
    this.#redis = redis
    this.#log = log
    redis.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message)
    })
  }

  /**
   * From its resolution on the listener hears what is published. @returns stops listening; calling it again does nothing
   * @throws when the connection is closed
   */
  async listen(channel: string, listener: Listener): Promise<() => void> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(listener))
    const stop = () => this.#stop(channel, listener)
    try {
      await this.#redis.subscribe(channel)
    } catch (error) {
      stop()
      throw error
    }
    return stop
  }

  #stop(channel: string, listener: Listener): void {
    const listeners = this.#listeners.get(channel)
    if (listeners?.delete(listener) !== true || listeners.size > 0) return
    this.#listeners.delete(channel)
    // Commands of one connection keep their order: a listen() that follows subscribes anew after this.
    this.#redis.unsubscribe(channel).catch((error: unknown) => this.#log.debug({ err: error, channel }, 'unsubscribing failed'))
  }
}
