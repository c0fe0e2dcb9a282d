/**
 * One agent's stream. Owns its order and its bounds: one frame is worked on at a time while the next ones wait at the agent's end, and no more of them
 * than the agent may say; whoever sends waits while the agent does not read; and the stream ends once, however many want it to.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { AgentFrame__Output } from '../../../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame } from '../../../proto/gen/muster/v1/CoordinatorFrame.ts'
import type { HostName } from '../../../shared/ids.ts'
import type { Problem } from '../../../shared/errors.ts'
import type { CoordinatorMessage } from '../../../shared/message.ts'
import { coordinatorFrame } from '../../../shared/wire.ts'
import { Allowance } from './allowance.ts'
import type { Burst, Limits } from './allowance.ts'
import { sizeOf } from './frame-size.ts'
import { statusOf } from './status.ts'

export type AgentCall = ServerDuplexStream<AgentFrame__Output, CoordinatorFrame>

export type StreamEvents = {
  /** Must not reject. The next frame comes once it resolves, or later if the agent has said more than it may. */
  onFrame(frame: AgentFrame__Output): Promise<void>
  /** The next frame is not taken for so long. */
  onHeldBack(waitMs: number, burst: Burst): void
  /** Once, when the stream has ended, whoever ended it. */
  onEnd(): void
}

export class AgentStream {
  readonly #call: AgentCall
  readonly #events: StreamEvents
  readonly #clock: () => number
  readonly #allowance: Allowance
  #hasEnded = false
  #drain: { sinceMs: number; over: Promise<void>; letGo: () => void } | null = null

  constructor(call: AgentCall, events: StreamEvents, { clock, limits }: { clock: () => number; limits: Limits }) {
    this.#call = call
    this.#events = events
    this.#clock = clock
    this.#allowance = new Allowance(limits, clock())
    call.on('data', (frame: AgentFrame__Output) => {
      if (this.#hasEnded) return
      call.pause()
      void events.onFrame(frame).then(() => this.#goOn(sizeOf(frame)))
    })
    call.on('end', () => this.end())
    call.on('drain', () => this.#letGo())
    call.on('close', () => this.end())
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Sends, and resolves when there is room for more; at once when the stream has ended, since nobody waits for the message then. */
  async send(host: HostName, message: CoordinatorMessage): Promise<void> {
    if (this.#hasEnded) return
    if (this.#call.write(coordinatorFrame(host, message))) return
    if (!this.#drain) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#drain = { sinceMs: this.#clock(), over: promise, letGo: resolve }
    }
    await this.#drain.over
  }

  /** How long the agent has not read what was sent; 0: it reads. */
  waitedMs(): number {
    return this.#drain ? this.#clock() - this.#drain.sinceMs : 0
  }

  /** Says why, in a frame of its own; then ends the stream well, because an error status would overtake the frame. */
  refuse(host: HostName, { code, message, expected }: Problem): void {
    if (this.#hasEnded) return
    const inWords = expected === undefined ? message : `${message}; expected ${expected}`
    this.#call.write(coordinatorFrame(host, { kind: 'refusal', code, message: inWords }))
    this.end()
  }

  /** @param failure the status that the agent sees; without one it is OK */
  end(failure?: Problem): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (failure) this.#call.emit('error', statusOf(failure))
    else this.#call.end()
    this.#letGo()
    this.#call.resume()
    this.#events.onEnd()
  }

  /** Meanwhile HTTP/2's flow control stops the agent: one window of it (64 KB) and the sixteen frames that are read ahead are all that waits here. */
  #goOn(sizeBytes: number): void {
    const waitMs = this.#allowance.take(sizeBytes, this.#clock())
    if (waitMs === 0 || this.#hasEnded) return void this.#call.resume()
    this.#events.onHeldBack(waitMs, this.#allowance.burst)
    setTimeout(() => this.#call.resume(), waitMs).unref()
  }

  #letGo(): void {
    this.#drain?.letGo()
    this.#drain = null
  }
}
