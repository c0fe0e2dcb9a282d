/**
 * A Redis of our own, in the data directory. Owns that it is there: one that dies is started again on the same data, one that a killed
 * coordinator left behind is taken over, and there are never two.
 */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { problem } from '../../../shared/errors.ts'
import { inlineCommand, untilGone } from './inline-command.ts'
import { serverPlace } from './server-place.ts'
import type { ServerPlace } from './server-place.ts'
import { startServer } from './server-process.ts'
import type { ServerEnd } from './server-process.ts'

/**
 * For the first answer, and for a server that holds the data but does not answer to end. Loading is not counted: a large append-only file
 * takes minutes.
 */
export const ANSWER_WITHIN_MS = 15_000
export const PROBE_TIMEOUT_MS = 2000
export const PROBE_EVERY_MS = 25
export const SHUTDOWN_WITHIN_MS = 15_000
export const MIN_RESTART_DELAY_MS = 50
export const MAX_RESTART_DELAY_MS = 5000

/** A server that answers. `pid` null: found, not started, by us. */
type Running = { pid: number | null; ended: Promise<ServerEnd> }

export class PrivateServer {
  readonly #place: ServerPlace
  readonly #log: Logger
  readonly #stopping = new AbortController()
  #running: Running
  #kept: Promise<void>

  /**
   * Resolves once it answers, its data loaded.
   * @throws MusterError redis_missing, config_invalid (paths), unavailable (it ends, with its last lines, or never answers)
   */
  static async start(dataDir: string, log: Logger): Promise<PrivateServer> {
    const place = await serverPlace(dataDir)
    return new PrivateServer(place, await raise(place, log), log)
  }

  private constructor(place: ServerPlace, running: Running, log: Logger) {
    this.#place = place
    this.#log = log
    this.#running = running
    this.#kept = this.#keep()
  }

  /** For connectRedis. Stays the same over restarts. */
  get url(): string {
    return this.#place.socket
  }

  /** Of the server process; null while none runs, and when it was taken over. */
  get pid(): number | null {
    return this.#running.pid
  }

  /** Ends it cleanly, and by force where that takes too long. Calling it again waits for the same end. */
  async stop(): Promise<void> {
    const isFirst = !this.#stopping.signal.aborted
    this.#stopping.abort()
    if (isFirst) await this.#shutdown()
    await this.#kept
    if (isFirst && this.#place.socketDir !== null) await rm(this.#place.socketDir, { recursive: true, force: true })
  }

  /** Starts it again whenever it ends, until it is stopped. */
  async #keep(): Promise<void> {
    let delayMs = MIN_RESTART_DELAY_MS
    for (;;) {
      const since = performance.now()
      const end = await this.#running.ended
      this.#running = { pid: null, ended: this.#running.ended }
      if (this.#stopping.signal.aborted) return
      if (performance.now() - since > MAX_RESTART_DELAY_MS) delayMs = MIN_RESTART_DELAY_MS
      this.#log.error({ end, delayMs }, 'Redis has ended; starting it again')
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      if (this.#stopping.signal.aborted) return
      delayMs = Math.min(2 * delayMs, MAX_RESTART_DELAY_MS)
      try {
        this.#running = await raise(this.#place, this.#log)
        this.#log.info({ pid: this.pid }, 'Redis runs again')
        if (this.#stopping.signal.aborted) await this.#shutdown()
      } catch (error) {
        this.#running = { pid: null, ended: Promise.resolve({ outcome: 'ended', why: String(error) }) }
      }
    }
  }

  async #shutdown(): Promise<void> {
    const { pid, ended } = this.#running
    // No reply to wait for: it hangs up.
    await inlineCommand(this.#place.socket, 'SHUTDOWN', SHUTDOWN_WITHIN_MS)
    const isOver = await Promise.race([ended.then(() => true), sleep(SHUTDOWN_WITHIN_MS, false, { ref: false })])
    if (isOver) return
    this.#log.error({ pid }, 'Redis does not shut down; killing it')
    if (pid !== null) process.kill(pid, 'SIGKILL')
  }
}

/** Finds a server on the socket or starts one, and waits until it answers. One that is just ending is waited for. */
async function raise(place: ServerPlace, log: Logger): Promise<Running> {
  const deadline = performance.now() + ANSWER_WITHIN_MS
  for (;;) {
    const running = (await adopt(place, log)) ?? (await startServer(place, log))
    const end = await untilReady(place, running, log)
    if (end === null) return running
    if (end.outcome === 'ended') throw problem('unavailable', `redis-server in ${place.dir} has ended: ${end.why}`)
    if (performance.now() > deadline) throw problem('unavailable', `another redis-server holds ${place.dir} and does not answer`)
  }
}

async function adopt(place: ServerPlace, log: Logger): Promise<Running | null> {
  const reply = await inlineCommand(place.socket, 'PING', PROBE_TIMEOUT_MS)
  if (reply === null) return null
  log.warn({ socket: place.socket }, 'a Redis runs on this data already; taking it over')
  return { pid: null, ended: untilGone(place.socket).then(() => ({ outcome: 'ended', why: 'it hung up' })) }
}

/** Null: ready. A server that says nothing for too long is killed. */
async function untilReady(place: ServerPlace, running: Running, log: Logger): Promise<ServerEnd | null> {
  const deadline = performance.now() + ANSWER_WITHIN_MS
  for (let isLoading = false; ; ) {
    const reply = await inlineCommand(place.socket, 'PING', PROBE_TIMEOUT_MS)
    if (reply === '+PONG') return null
    if (reply?.startsWith('-LOADING') && !isLoading) {
      isLoading = true
      log.info('Redis is loading its data')
    }
    if (!isLoading && performance.now() > deadline) {
      if (running.pid !== null) process.kill(running.pid, 'SIGKILL')
      return { outcome: 'ended', why: `no answer within ${ANSWER_WITHIN_MS / 1000} s` }
    }
    const end = await Promise.race([running.ended, sleep(PROBE_EVERY_MS, null)])
    if (end !== null) return end
  }
}
