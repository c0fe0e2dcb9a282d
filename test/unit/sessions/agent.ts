/** The other end of a session, for tests: says what it is told to, and remembers what it hears. */
import { credentials } from '@grpc/grpc-js'
import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js'
import type { AgentFrame } from '../../../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame__Output } from '../../../proto/gen/muster/v1/CoordinatorFrame.ts'
import type { AgentMessage, CoordinatorMessage, Hello } from '../../../shared/message.ts'
import { commandIdIn } from '../../../shared/order.ts'
import { FRAME_MAX_BYTES, Sessions } from '../../../shared/proto.ts'
import { agentFrame, readCoordinatorFrame } from '../../../shared/wire.ts'
import { greeting } from '../hosts/greetings.ts'

type Kind = CoordinatorMessage['kind']
type OfKind<K extends Kind> = Extract<CoordinatorMessage, { kind: K }>

export class Agent {
  readonly host: string
  readonly heard: CoordinatorMessage[] = []
  /** The stream's status, once it has ended. */
  readonly ended: Promise<StatusObject>
  readonly #client: InstanceType<typeof Sessions>
  readonly #stream: ClientDuplexStream<AgentFrame, CoordinatorFrame__Output>
  readonly #waiting = new Set<() => void>()

  constructor(port: number, host: string) {
    this.host = host
    this.#client = new Sessions(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1, 'grpc.max_send_message_length': 2 * FRAME_MAX_BYTES,
    })
    this.#stream = this.#client.Session()
    this.ended = new Promise((resolve) => this.#stream.on('status', resolve))
    this.#stream.on('error', () => {})
    this.#stream.on('data', (frame: CoordinatorFrame__Output) => {
      const message = readCoordinatorFrame(frame)
      if (!message) throw new Error(`not a message: ${JSON.stringify(frame)}`)
      this.heard.push(message)
      this.#waiting.forEach((look) => look())
    })
  }

  say(...messages: AgentMessage[]): this {
    for (const message of messages) this.sayFrame(agentFrame(this.host, message))
    return this
  }

  sayFrame(frame: AgentFrame): void {
    this.#stream.write(frame)
  }

  /** The n-th message of a kind that the agent hears. */
  async hears<K extends Kind>(kind: K, nth = 1): Promise<OfKind<K>> {
    const find = () => this.heard.filter((message): message is OfKind<K> => message.kind === kind)[nth - 1]
    const { promise, resolve } = Promise.withResolvers<OfKind<K>>()
    const look = () => {
      const found = find()
      if (found) resolve(found)
    }
    this.#waiting.add(look)
    look()
    const found = await Promise.race([promise, this.ended.then(() => null)])
    this.#waiting.delete(look)
    if (found) return found
    throw new Error(`the stream ended before a ${kind}: ${JSON.stringify(this.heard)}`)
  }

  /** Takes nothing more off the wire, though the connection lives. */
  stopReading(): void {
    this.#stream.pause()
  }

  /** What has been heard of these kinds, in order. */
  of(...kinds: Kind[]): CoordinatorMessage[] {
    return this.heard.filter(({ kind }) => kinds.includes(kind))
  }

  commandIds(): string[] {
    return this.heard.flatMap((message) => (message.kind === 'order' ? [commandIdIn(message.order.order)] : []))
  }

  async hangUp(): Promise<void> {
    this.#stream.end()
    await this.ended
    this.#client.close()
  }

  /** As a machine that loses power: without a word. */
  drop(): void {
    this.#stream.cancel()
    this.#client.close()
  }
}

export function hello(more: Partial<Hello> = {}): AgentMessage {
  return { kind: 'hello', hello: { ...greeting, open: [], ...more } }
}
