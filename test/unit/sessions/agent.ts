/** The other end of a session, for tests: says what it is told to, and remembers what it hears. */
import { credentials } from '@grpc/grpc-js'
import type { ChannelCredentials, ClientDuplexStream, StatusObject } from '@grpc/grpc-js'
import type { AgentFrame } from '../../../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame__Output } from '../../../proto/gen/muster/v1/CoordinatorFrame.ts'
import { COORDINATOR_NAME } from '../../../shared/identity/names.ts'
import type { AgentMessage, CoordinatorMessage, Hello } from '../../../shared/message.ts'
import { commandIdIn } from '../../../shared/order.ts'
import { FRAME_MAX_BYTES, Sessions } from '../../../shared/proto.ts'
import { agentFrame, readCoordinatorFrame } from '../../../shared/wire.ts'
import type { Machine } from '../../keys.ts'
import { greeting } from '../hosts/greetings.ts'

type Kind = CoordinatorMessage['kind']
type OfKind<K extends Kind> = Extract<CoordinatorMessage, { kind: K }>
type Opened = { client: InstanceType<typeof Sessions>; stream: ClientDuplexStream<AgentFrame, CoordinatorFrame__Output> }

export class Agent {
  readonly host: string
  readonly heard: CoordinatorMessage[] = []
  /** Frames that have left for the wire. */
  sent = 0
  /** The stream's status, once it has ended. */
  readonly ended: Promise<StatusObject>
  readonly #opened: Promise<Opened>
  readonly #waiting = new Set<() => void>()

  /** @param showing with what certificate, which may take a moment to make */
  constructor(port: number, host: string, showing: Promise<ChannelCredentials>) {
    this.host = host
    const { promise, resolve } = Promise.withResolvers<StatusObject>()
    this.ended = promise
    this.#opened = showing.then((shown) => {
      const client = new Sessions(`127.0.0.1:${port}`, shown, {
        'grpc.use_local_subchannel_pool': 1, 'grpc.max_send_message_length': 2 * FRAME_MAX_BYTES, 'grpc.ssl_target_name_override': COORDINATOR_NAME,
      })
      const stream = client.Session()
      stream.on('status', resolve)
      stream.on('error', () => {})
      stream.on('data', (frame: CoordinatorFrame__Output) => this.#hear(frame))
      return { client, stream }
    })
  }

  say(...messages: AgentMessage[]): this {
    for (const message of messages) this.sayFrame(agentFrame(this.host, message))
    return this
  }

  sayFrame(frame: AgentFrame): void {
    void this.#opened.then(({ stream }) => stream.write(frame, () => {
      this.sent += 1
    }))
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
    void this.#opened.then(({ stream }) => stream.pause())
  }

  /** What has been heard of these kinds, in order. */
  of(...kinds: Kind[]): CoordinatorMessage[] {
    return this.heard.filter(({ kind }) => kinds.includes(kind))
  }

  commandIds(): string[] {
    return this.heard.flatMap((message) => (message.kind === 'order' ? [commandIdIn(message.order.order)] : []))
  }

  async hangUp(): Promise<void> {
    const { client, stream } = await this.#opened
    stream.end()
    await this.ended
    client.close()
  }

  /** As a machine that loses power: without a word. */
  drop(): void {
    void this.#opened.then(({ client, stream }) => {
      stream.cancel()
      client.close()
    })
  }

  #hear(frame: CoordinatorFrame__Output): void {
    const message = readCoordinatorFrame(frame)
    if (!message) throw new Error(`not a message: ${JSON.stringify(frame)}`)
    this.heard.push(message)
    this.#waiting.forEach((look) => look())
  }
}

/** @param shown null: no certificate at all */
export function showing(authority: string, shown: Machine | null): ChannelCredentials {
  const [key, certificate] = shown === null ? [null, null] : [Buffer.from(shown.key), Buffer.from(shown.certificate)]
  return credentials.createSsl(Buffer.from(authority), key, certificate)
}

export function hello(more: Partial<Hello> = {}): AgentMessage {
  const { ignoredLabels: _, ...said } = greeting
  return { kind: 'hello', hello: { ...said, open: [], ...more } }
}
