/**
 * Agents that say more than they may and are held back for it. Owns how often that is told of a host, however often it happens and however often the
 * host comes anew: once a minute in the log, and once in each stretch of ten minutes in its history.
 */
import type { Logger } from 'pino'
import type { HostName } from '../../shared/ids.ts'
import type { HostHistory } from '../engine/ports/history.ts'
import type { Burst } from './sessions/allowance.ts'

/** A host counts as held back for this long after its last wait, and is told of as often. */
export const HELD_BACK_FOR_MS = 60_000
export const NOTED_EVERY_MS = 10 * 60_000

type Ports = { history: Pick<HostHistory, 'add'>; clock: () => number; log: Logger }

export class Throttled {
  readonly #ports: Ports
  /** Those held back within HELD_BACK_FOR_MS, whoever waited the longest ago first; hosts that have joined, so there are no more than there are machines. */
  readonly #hosts = new Map<HostName, { heldMs: number; toldMs: number }>()
  #waitedMs = 0

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** How many are held back, or were just now. */
  agents(): number {
    this.#forget(this.#ports.clock())
    return this.#hosts.size
  }

  /** For how long frames have waited since this coordinator began, over all agents. */
  waitedSeconds(): number {
    return this.#waitedMs / 1000
  }

  /** @param burst for which it is held back. Never rejects, nor need it be waited for */
  async heldBack(host: HostName, waitMs: number, burst: Burst): Promise<void> {
    const { history, clock, log } = this.#ports
    const nowMs = clock()
    this.#forget(nowMs)
    this.#waitedMs += waitMs
    const toldMs = this.#hosts.get(host)?.toldMs ?? -Infinity
    const isDue = nowMs - toldMs >= HELD_BACK_FOR_MS
    this.#hosts.delete(host)
    this.#hosts.set(host, { heldMs: nowMs, toldMs: isDue ? nowMs : toldMs })
    if (!isDue) return
    log.warn({ host, ...burst }, 'an agent says more than it may and is held back: its frames wait at its end, and nothing is lost')
    const id = `throttled/${Math.floor(nowMs / NOTED_EVERY_MS)}`
    await history.add(host, { id, atMs: nowMs, kind: 'throttled', ...burst }).catch((error: unknown) => {
      log.debug({ err: error, host }, 'what happened could not be kept')
    })
  }

  #forget(nowMs: number): void {
    for (const [host, { heldMs }] of this.#hosts) {
      if (nowMs - heldMs < HELD_BACK_FOR_MS) return
      this.#hosts.delete(host)
    }
  }
}
