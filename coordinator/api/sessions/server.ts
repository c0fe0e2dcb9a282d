/** The gRPC server that agents dial: its options, its address, its end. */
import { setTimeout as delay } from 'node:timers/promises'
import { logVerbosity, Server, setLogVerbosity } from '@grpc/grpc-js'
import type { ChannelOptions, ServerCredentials } from '@grpc/grpc-js'
import type { SessionsHandlers } from '../../../proto/gen/muster/v1/Sessions.ts'
import { formatAddress } from '../../../shared/address.ts'
import type { Address } from '../../../shared/address.ts'
import { problem } from '../../../shared/errors.ts'
import { FRAME_MAX_BYTES } from '../../../shared/proto.ts'
import type { AskInbox } from '../../engine/ports/asks.ts'
import type { Doorbell } from '../../engine/ports/sessions.ts'
import type { Rate } from '../bucket.ts'
import type { Throttled } from '../throttled.ts'
import { AGENT_LIMITS } from './allowance.ts'
import type { Limits } from './allowance.ts'
import { Door, GREETINGS, HELLO_WITHIN_MS } from './door.ts'
import type { DoorOptions } from './door.ts'
import { weighingService } from './frame-size.ts'
import type { Machines } from './identify.ts'
import { LiveSessions, LOOK_EVERY_MS } from './live-sessions.ts'

export const HEARTBEAT_EVERY_MS = 10_000
/** A connection whose peer has gone without a word is found within both together. */
export const KEEPALIVE_EVERY_MS = 12_000
export const KEEPALIVE_WITHIN_MS = 8_000
/** Of one connection. An agent has one; whoever opens more before a greeting costs memory with each, and a frame of FRAME_MAX_BYTES that it may send. */
export const MAX_STREAMS_PER_CONNECTION = 100

export type SessionServerOptions = DoorOptions['ports'] & {
  doorbell: Doorbell
  /** What the hosts here are asked. */
  asks: AskInbox
  /** They demand a certificate of every agent. */
  credentials: ServerCredentials
  machines: Machines
  /** Is told of agents that say more than they may. */
  throttled: Pick<Throttled, 'heldBack'>
  limits?: Limits
  greetings?: Rate
  boundLabels?: readonly string[]
  heartbeatMs?: number
  lookEveryMs?: number
  helloWithinMs?: number
}

export type SessionServer = {
  /** Resolves to the port once agents can connect and rings are heard. @throws MusterError config_invalid when the address cannot be had */
  listen(address: Address): Promise<number>
  /** Tells all agents at once whom to trust from now on; a session that began with a certificate of nobody who is trusted ends. */
  trustChanged(): void
  /** Ends all sessions so that their agents come again and say what they are at: Redis may have forgotten some of it. */
  renew(): void
  /** Ends all sessions, takes them off the record, and waits up to `deadlineMs` for agents to hang up. */
  close(deadlineMs: number): Promise<void>
}

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': FRAME_MAX_BYTES,
  'grpc.max_send_message_length': FRAME_MAX_BYTES,
  'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
  'grpc.keepalive_time_ms': KEEPALIVE_EVERY_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_WITHIN_MS,
}

export function createSessionServer(options: SessionServerOptions): SessionServer {
  // What it would write to stderr, in a form of its own, is thrown or emitted as well.
  setLogVerbosity(logVerbosity.NONE)
  const { doorbell, asks, credentials, machines, throttled, limits = AGENT_LIMITS, greetings = GREETINGS, boundLabels = [], ...ports } = options
  const { heartbeatMs = HEARTBEAT_EVERY_MS, lookEveryMs = LOOK_EVERY_MS } = options
  const live = new LiveSessions({ trust: ports.trust(), lookEveryMs, clock: ports.clock, log: ports.log })
  const helloWithinMs = options.helloWithinMs ?? HELLO_WITHIN_MS
  const door = new Door({ ports, live, machines, boundLabels, welcome: { heartbeatMs }, helloWithinMs, limits, greetings, throttled })
  const server = new Server(CHANNEL_OPTIONS)
  const handlers: SessionsHandlers = { Session: (call) => door.admit(call) }
  server.addService(weighingService, handlers)
  let stopListening = (): void => {}
  return {
    async listen(address) {
      const listening = [await doorbell.listen((host) => live.ring(host)), await asks.listen((...asked) => live.ask(...asked))]
      stopListening = () => listening.forEach((stop) => stop())
      return bind(server, address, credentials)
    },
    trustChanged: () => live.trust(ports.trust()),
    renew: () => live.endAll(problem('unavailable', 'another Redis answers; say again what you are at')),
    async close(deadlineMs) {
      stopListening()
      live.stop()
      await Promise.race([Promise.all([door.close(), shutDown(server)]), delay(deadlineMs, undefined, { ref: false })])
      server.forceShutdown()
    },
  }
}

function bind(server: Server, address: Address, credentials: ServerCredentials): Promise<number> {
  const text = formatAddress(address)
  return new Promise((resolve, reject) => {
    server.bindAsync(text, credentials, (error, port) => {
      if (!error) return resolve(port)
      const expected = 'a free address of this machine'
      reject(problem('config_invalid', `--grpc: cannot listen on ${text}: ${error.message}`, { field: '--grpc', expected }))
    })
  })
}

/** Takes no more connections, and resolves when those there are have ended. */
function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => server.tryShutdown(() => resolve()))
}
