/** The way out: whatever the agent has to say goes to the session of the moment, or nowhere. What must arrive is said again on the next one. */
import type { ClientDuplexStream } from '@grpc/grpc-js'
import type { AgentFrame } from '../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame__Output } from '../proto/gen/muster/v1/CoordinatorFrame.ts'
import type { HostName } from '../shared/ids.ts'
import type { AgentMessage } from '../shared/message.ts'
import { agentFrame } from '../shared/wire.ts'

export type SessionCall = ClientDuplexStream<AgentFrame, CoordinatorFrame__Output>

export class Outlet {
  readonly #host: HostName
  #call: SessionCall | null = null

  constructor(host: HostName) {
    this.#host = host
  }

  /** From now on everything goes to this session. */
  open(call: SessionCall): void {
    this.#call = call
  }

  close(): void {
    this.#call = null
  }

  /**
   * False: not said. What need not arrive is left out while the stream holds more than it can send; the rest is bounded by the
   * number of open commands.
   */
  say(message: AgentMessage, must: boolean): boolean {
    const call = this.#call
    if (!call?.writable || (call.writableNeedDrain && !must)) return false
    call.write(agentFrame(this.#host, message))
    return true
  }
}
