/** A coordinator as far as one agent can tell: a real gRPC server that records what it hears and says what a test wants. */
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { EventEmitter, on } from 'node:events'
import type { AgentFrame__Output } from '../../../proto/gen/muster/v1/AgentFrame.ts'
import type { CoordinatorFrame } from '../../../proto/gen/muster/v1/CoordinatorFrame.ts'
import { leaveToFetch } from '../../../coordinator/api/sessions/leave.ts'
import type { LeavePorts } from '../../../coordinator/api/sessions/leave.ts'
import type { Command, Result } from '../../../shared/command.ts'
import type { CommandId } from '../../../shared/ids.ts'
import type { AgentMessage, CoordinatorMessage } from '../../../shared/message.ts'
import { ORDER_PAYLOAD_TYPE, ORDER_VALID_MS } from '../../../shared/order.ts'
import type { SignedOrder } from '../../../shared/order.ts'
import { Sessions } from '../../../shared/proto.ts'
import { coordinatorFrame, readAgentFrame } from '../../../shared/wire.ts'
import { pinOfKey } from '../../../shared/identity/pin.ts'
import { signPayload } from '../../../shared/signing.ts'
import { signedRelease, testKeys } from '../../keys.ts'
import { shownBy } from '../machine/shown.ts'

const keys = await testKeys()
const shown = await shownBy(keys)

type Stream = ServerDuplexStream<AgentFrame__Output, CoordinatorFrame>
type Kind = AgentMessage['kind']
type Of<K extends Kind> = Extract<AgentMessage, { kind: K }>

/** `leave`: to fetch, when the agent asks. `redeliver`: every session begins with the commands that are not acknowledged, as a mailbox does. */
export type Policy = { grant: boolean; leave: boolean; acknowledge: boolean; redeliver: boolean; heartbeatMs: number }

export class TestCoordinator {
  readonly heard: AgentMessage[] = []
  readonly mailbox = new Map<CommandId, Command>()
  readonly policy: Policy
  /** What there is to fetch. */
  offers: LeavePorts['offers'] = { of: () => Promise.resolve(null) }
  readonly #sources: LeavePorts['sources']
  readonly #orders = new Map<CommandId, SignedOrder>()
  readonly #server = new Server()
  readonly #events = new EventEmitter().setMaxListeners(0)
  readonly #host: string
  #stream: Stream | null = null
  #port = 0
  #questions = 0
  epoch = 0

  constructor(host: string, sources: LeavePorts['sources'], policy: Partial<Policy> = {}) {
    this.#host = host
    this.#sources = sources
    this.policy = { grant: true, leave: true, acknowledge: true, redeliver: true, heartbeatMs: 200, ...policy }
    this.#server.addService(Sessions.service, { Session: (stream: Stream) => this.#attend(stream) })
  }

  /** Where sessions are had by whoever has a certificate of the tests' authority. */
  async listen(): Promise<string> {
    const pair = { private_key: Buffer.from(shown.key), cert_chain: Buffer.from(shown.cert) }
    const credentials = ServerCredentials.createSsl(Buffer.from(keys.keyring.issuer.certificate.toString()), [pair], true)
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)))
    })
    return this.address
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  close(): void {
    this.#server.forceShutdown()
  }

  /** Ends the session that there is, as a coordinator does that goes away. */
  hangUp(): void {
    this.#stream?.emit('error', { code: status.UNAVAILABLE, details: 'going away' })
    this.#stream = null
  }

  say(message: CoordinatorMessage): void {
    this.sayFrame(coordinatorFrame(this.#host, message))
  }

  sayFrame(frame: CoordinatorFrame): void {
    this.#stream?.write(frame)
  }

  send(command: Command): void {
    this.mailbox.set(command.id, command)
    this.say({ kind: 'order', order: this.#sign(command) })
  }

  grant(id: CommandId, epoch = this.epoch): void {
    this.say({ kind: 'grant', id, epoch })
  }

  /** Lets the host fetch whatever the command names. */
  leave(id: CommandId, bases: readonly string[] = []): void {
    const asked = { host: this.#host, dc: '', id, bases, order: this.#orders.get(id) }
    const ports: LeavePorts = { signer: keys.signer, clock: Date.now, offers: this.offers, sources: this.#sources }
    void leaveToFetch(ports, asked).then((leave) => leave && this.say(leave))
  }

  /** The very order that was sent. */
  sendAgain(id: CommandId): void {
    this.say({ kind: 'order', order: this.#orders.get(id)! })
  }

  /** Whatever these bytes are, signed as an order. */
  sayOrder(order: Buffer): void {
    const { key, publicKey } = keys.keyring.orders
    this.say({ kind: 'order', order: { order, signature: signPayload(key, ORDER_PAYLOAD_TYPE, order), keyId: pinOfKey(publicKey) } })
  }

  #sign(command: Command): SignedOrder {
    const issuedAtMs = Date.now()
    const order = keys.signer.signOrder({ host: this.#host, command: withSignedRelease(command), issuedAtMs, expiresAtMs: issuedAtMs + ORDER_VALID_MS })
    this.#orders.set(command.id, order)
    return order
  }

  /** The first message of that kind after the `since`th, heard already or yet to come. Rejects with the test's time-out. */
  async hear<K extends Kind>(kind: K, fits: (message: Of<K>) => boolean = () => true, since = 0): Promise<Of<K>> {
    const arrivals = on(this.#events, 'heard')
    const found = (): Of<K> | undefined => this.heard.slice(since).find((message): message is Of<K> => message.kind === kind && fits(message as Of<K>))
    for (let message = found(); ; message = found()) {
      if (message) return message
      await arrivals.next()
    }
  }

  /** Resolves when the agent has handled whatever was said before: it handles frames in order, and this one it has to answer. */
  async handled(): Promise<void> {
    this.#questions += 1
    const id = `ping-${this.#questions}/${this.#host}/1`
    this.say({ kind: 'withdraw', id })
    await this.result(id)
  }

  async result(id: CommandId): Promise<Result> {
    return (await this.hear('result', ({ result }) => result.id === id)).result
  }

  #attend(stream: Stream): void {
    stream.on('error', () => undefined)
    stream.on('data', (frame: AgentFrame__Output) => {
      const message = readAgentFrame(frame)
      if (!message) throw new Error(`unreadable frame ${frame.body}`)
      this.heard.push(message)
      this.#answer(message, stream)
      this.#events.emit('heard')
    })
    stream.on('end', () => stream.end())
  }

  #answer(message: AgentMessage, stream: Stream): void {
    if (message.kind === 'hello') {
      this.#stream = stream
      this.epoch += 1
      this.say({ kind: 'welcome', epoch: this.epoch, heartbeatMs: this.policy.heartbeatMs, trust: keys.authority.trust() })
      if (this.policy.redeliver) for (const command of this.mailbox.values()) this.say({ kind: 'order', order: this.#sign(command) })
    }
    if (message.kind === 'grants-wanted' && this.policy.leave) this.leave(message.id)
    if (message.kind === 'claim' && this.policy.grant) this.grant(message.id)
    if (message.kind === 'result' && this.policy.acknowledge) {
      this.mailbox.delete(message.result.id)
      this.say({ kind: 'result-ack', id: message.result.id })
    }
  }
}

/** Signs the release that a command names, unless the test has said what is signed. */
function withSignedRelease(command: Command): Command {
  const { action, service } = command
  if (!('goal' in action) || action.goal.release !== null) return command
  const { version, srv, cmd } = action.goal
  return { ...command, action: { ...action, goal: { ...action.goal, release: signedRelease(keys.signer, { service, version, srv, cmd }).envelope } } }
}
