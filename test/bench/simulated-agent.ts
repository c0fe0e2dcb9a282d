/** An agent that speaks the real protocol over its own connection and runs no scripts: what a coordinator sees of a host, without the host. */
import type { ChannelCredentials, ClientDuplexStream } from '@grpc/grpc-js'
import type { AgentFrame } from '../../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame__Output } from '../../proto/gen/muster/v1/CoordinatorFrame.ts'
import type { Command, Installed, Step } from '../../shared/command.ts'
import { COORDINATOR_NAME } from '../../shared/identity/names.ts'
import type { AgentMessage } from '../../shared/message.ts'
import { decodeOrder } from '../../shared/order.ts'
import { FRAME_MAX_BYTES, Sessions } from '../../shared/proto.ts'
import { agentFrame, readCoordinatorFrame } from '../../shared/wire.ts'

const HEARTBEAT_MS = 10_000
const BEFORE: readonly Step[] = ['fetch', 'unpack']
const AFTER: readonly Step[] = ['stop', 'switch', 'start', 'check']
const LOAD = { load1: 0.5, memoryFreeBytes: 8e9, diskFreeBytes: 5e10, runningCommands: 0 }
const FACTS = { os: 'linux', arch: 'x64', cpus: 4, memoryBytes: 16e9, bootId: 'simulated' }

/** Told when a host is granted its slot and when it gives it back. */
export type Slots = { taken(): void; freed(): void }

export class SimulatedAgent {
  readonly #host: string
  readonly #stepMs: number
  readonly #slots: Slots
  readonly #client: InstanceType<typeof Sessions>
  readonly #stream: ClientDuplexStream<AgentFrame, CoordinatorFrame__Output>
  readonly #commands = new Map<string, Command>()
  readonly #heartbeats: NodeJS.Timeout
  #installed: Installed[] = []
  /** Resolves with its first welcome. */
  readonly welcomed: Promise<void>

  /** @param credentials what it proves itself with @param stepMs how long each of the four steps behind the grant takes */
  constructor(address: string, credentials: ChannelCredentials, host: string, stepMs: number, slots: Slots) {
    this.#host = host
    this.#stepMs = stepMs
    this.#slots = slots
    this.#client = new Sessions(address, credentials, {
      'grpc.use_local_subchannel_pool': 1, 'grpc.ssl_target_name_override': COORDINATOR_NAME, 'grpc.max_receive_message_length': FRAME_MAX_BYTES,
    })
    this.#stream = this.#client.Session()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.welcomed = promise
    this.#stream.on('error', () => {})
    this.#stream.on('data', (frame: CoordinatorFrame__Output) => this.#hear(frame, resolve))
    this.#say({ kind: 'hello', hello: { agentVersion: 'simulated', labels: { env: 'bench' }, facts: FACTS, installed: [], open: [], policy: null } })
    this.#heartbeats = setInterval(() => this.#say({ kind: 'heartbeat', heartbeat: { ...LOAD, installed: this.#installed } }), HEARTBEAT_MS * (0.9 + Math.random() / 5))
  }

  close(): void {
    clearInterval(this.#heartbeats)
    this.#stream.cancel()
    this.#client.close()
  }

  #say(message: AgentMessage): void {
    this.#stream.write(agentFrame(this.#host, message))
  }

  #hear(frame: CoordinatorFrame__Output, onWelcome: () => void): void {
    const message = readCoordinatorFrame(frame)
    switch (message?.kind) {
      case 'welcome':
        return onWelcome()
      case 'order':
        return this.#prepare(decodeOrder(message.order.order)!.command)
      case 'grant':
        return void this.#deploy(message.id)
      default:
    }
  }

  #prepare(command: Command): void {
    if (this.#commands.has(command.id)) return
    this.#commands.set(command.id, command)
    this.#say({ kind: 'accepted', id: command.id })
    if (command.action.kind === 'prefetch') return this.#succeed(command.id, false)
    for (const step of BEFORE) this.#progress(command.id, step)
    this.#say({ kind: 'claim', id: command.id, installed: this.#installed[0] ?? null })
  }

  async #deploy(id: string): Promise<void> {
    const command = this.#commands.get(id)
    if (command === undefined) return
    this.#slots.taken()
    for (const step of AFTER) {
      this.#progress(id, step)
      await new Promise((resolve) => setTimeout(resolve, this.#stepMs))
    }
    const { service, action } = command
    this.#installed = action.kind === 'deploy' ? [{ service, revision: action.goal.revision, version: action.goal.version, findings: [] }] : []
    this.#slots.freed()
    this.#succeed(id, true)
  }

  #succeed(id: string, changed: boolean): void {
    this.#say({
      kind: 'result',
      result: {
        id, verdict: 'succeeded', step: null, exitCode: 0, message: '', revert: 'not-needed', changed,
        durationMs: AFTER.length * this.#stepMs, installed: this.#installed[0] ?? null,
      },
    })
  }

  #progress(id: string, step: Step): void {
    this.#say({ kind: 'progress', progress: { id, step, bytesDone: 0, bytesTotal: 0, transfer: null } })
  }
}
