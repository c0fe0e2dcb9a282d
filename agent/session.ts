/**
 * The agent's one stream to whichever coordinator answers. Owns its life (connect, hello, welcome, heartbeats, reconnect with backoff) and the
 * fence: a grant counts only if it carries the epoch of this very session.
 */
import type { ChannelOptions } from '@grpc/grpc-js'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { HostName } from '../shared/ids.ts'
import { rest } from '../shared/machine/backoff.ts'
import type { CoordinatorMessage, Heartbeat, Hello, Trust } from '../shared/message.ts'
import { FRAME_MAX_BYTES, Sessions } from '../shared/proto.ts'
import { agentFrame, readCoordinatorFrame } from '../shared/wire.ts'
import type { Audits } from './audits.ts'
import type { Commands } from './commands.ts'
import type { Dial } from './credentials.ts'
import type { Grants } from './grants.ts'
import { withTimes } from '../shared/machine/clock.ts'
import type { Outlet, SessionCall } from './outlet.ts'

export type SessionOptions = {
  /** Asked for every connection. @throws Error when there is no way at the moment */
  dial: () => Dial
  host: HostName
  hello: () => Promise<Hello>
  heartbeat: () => Promise<Heartbeat>
  commands: Commands
  audits: Audits
  grants: Grants
  outlet: Outlet
  /** Resolves when it counts. Rejects, and nothing changes, for what cannot be trusted. */
  onTrust: (trust: Trust) => Promise<void>
  log: Logger
}

type Welcome = Extract<CoordinatorMessage, { kind: 'welcome' }>

const BACKOFF_BASE_MS = 200
const BACKOFF_CAP_MS = 15_000
/** After an answer that only a person changes. */
const UNKNOWN_PAUSE_MS = 3 * 60_000
const REMEDY = '`muster agent --join` with a new token lets this host in again; what runs on it goes on running'
/** A coordinator that takes longer to answer a hello is given up. */
const WELCOME_TIMEOUT_MS = 10_000
const REPEAT_CLAIMS_MS = 15_000
/** Heartbeats come up to this share earlier or later, so that a fleet does not beat in step. */
const HEARTBEAT_JITTER = 0.1
/** For a welcome that names no interval. */
const DEFAULT_HEARTBEAT_MS = 10_000

const CHANNEL: ChannelOptions = {
  // without it all agents of one process would share one connection
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': FRAME_MAX_BYTES,
  'grpc.max_send_message_length': FRAME_MAX_BYTES,
  // a coordinator that has gone without a word is noticed within the sum of both
  'grpc.keepalive_time_ms': 12_000,
  'grpc.keepalive_timeout_ms': 6_000,
}

/** Keeps a session until `ending`; never rejects. */
export async function keepSession(options: SessionOptions, ending: AbortSignal): Promise<void> {
  let failures = 0
  while (!ending.aborted) {
    const end = await holdSession(options, ending)
    failures = end === 'lost' ? 0 : failures + 1
    const longestMs = end === 'unknown' ? UNKNOWN_PAUSE_MS : Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** failures)
    await rest(Math.random() * longestMs, ending)
  }
}

/** `lost`: a coordinator had welcomed us, and did not send us away again. `unknown`: none will, this host has no identity any more. */
type End = 'lost' | 'failed' | 'unknown'

/** One session, from connecting to its end. */
async function holdSession(options: SessionOptions, ending: AbortSignal): Promise<End> {
  const { host, hello, outlet, log } = options
  const dial = dialOrNull(options)
  if (dial === null) return 'failed'
  const { address } = dial
  // before the call is there: it may fail at once, and has to find somebody who listens
  const said = await hello()
  const client = new Sessions(address, dial.credentials, { ...CHANNEL, ...dial.options })
  const call = client.session()
  const cancel = (): void => call.cancel()
  const closing = new AbortController()
  const welcomeTimer = setTimeout(cancel, WELCOME_TIMEOUT_MS)
  ending.addEventListener('abort', cancel, { once: true })
  let epoch: number | null = null
  let refusal: string | null = null
  try {
    call.write(agentFrame(host, { kind: 'hello', hello: said }))
    for await (const frame of call) {
      const message = readCoordinatorFrame(frame)
      if (!message || frame.host !== host) log.warn({ host: frame.host, body: frame.body }, 'frame ignored: not for this host, or not known to this version')
      else if (message.kind === 'welcome') {
        clearTimeout(welcomeTimer)
        epoch = message.epoch
        log.info({ address, epoch }, 'session begins')
        if (said.policy?.broken) log.warn({ reason: said.policy.broken }, 'the policy of this host cannot be read, so nothing is allowed')
        await begin(options, call, message, closing.signal)
        void keepAlive(options, call, { welcome: message, said, dial }, closing)
      } else if (message.kind === 'refusal') {
        refusal = message.code
        log.error({ code: refusal }, refusal === 'identity_unknown' ? `${message.message}; ${REMEDY}` : message.message)
      }
      else if (epoch !== null) await handle(message, options, epoch)
    }
    log.info({ address }, 'the coordinator ended the session')
  } catch (error) {
    const reason = await withTimes((error as Error).message, `https://${address}`, ending)
    if (!ending.aborted && !closing.signal.aborted) log.warn({ address, reason }, epoch === null ? 'no session' : 'session lost')
  } finally {
    clearTimeout(welcomeTimer)
    ending.removeEventListener('abort', cancel)
    closing.abort()
    outlet.close()
    call.on('error', () => undefined)
    call.cancel()
    client.close()
  }
  if (refusal !== null) return refusal === 'identity_unknown' ? 'unknown' : 'failed'
  return epoch === null ? 'failed' : 'lost'
}

function dialOrNull({ dial, log }: SessionOptions): Dial | null {
  try {
    return dial()
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'no session')
    return null
  }
}

/** What is said is verified as the session is. What cannot be trusted changes nothing. */
async function believe(trust: Trust, { onTrust, log }: SessionOptions): Promise<void> {
  await onTrust(trust).catch((error: unknown) => log.error({ reason: (error as Error).message }, 'the coordinator’s authorities are not taken over'))
}

async function begin(options: SessionOptions, call: SessionCall, { trust }: Welcome, closed: AbortSignal): Promise<void> {
  const { outlet, commands, grants } = options
  await believe(trust, options)
  outlet.open(call)
  grants.repeat()
  void commands.repeat()
  void every(() => REPEAT_CLAIMS_MS, closed, () => commands.repeatClaims())
}

type Begun = { welcome: Welcome; said: Hello; dial: Dial }

/** Until the session is closed, or has to begin anew because of what it began with. */
async function keepAlive(options: SessionOptions, call: SessionCall, { welcome, said, dial }: Begun, closing: AbortController): Promise<void> {
  const beatMs = (): number => (welcome.heartbeatMs || DEFAULT_HEARTBEAT_MS) * (1 + HEARTBEAT_JITTER * (2 * Math.random() - 1))
  await every(beatMs, closing.signal, async () => {
    await beat(options)
    // who plans goes by what was greeted with
    const isOutdated = dial.isOutdated() || !isDeepStrictEqual((await options.hello()).policy, said.policy)
    if (!isOutdated || closing.signal.aborted) return
    options.log.info({ address: dial.address }, 'the session begins anew: this host has another certificate or policy')
    closing.abort()
    call.cancel()
  })
}

async function beat({ outlet, heartbeat }: SessionOptions): Promise<void> {
  outlet.say({ kind: 'heartbeat', heartbeat: await heartbeat() }, false)
}

/** What a coordinator says in the course of a session. */
type Saying = Exclude<CoordinatorMessage, { kind: 'welcome' | 'refusal' }>

async function handle(message: Saying, options: SessionOptions, epoch: number): Promise<void> {
  const { commands, grants, log } = options
  switch (message.kind) {
    case 'trust':
      return await believe(message.trust, options)
    case 'order':
      return await commands.receive(message.order)
    case 'artifact-grants':
      return grants.take(message.id, message.grants, message.sources)
    case 'grant':
      if (message.epoch === epoch) return await commands.grant(message.id)
      return log.warn({ command: message.id, epoch: message.epoch, current: epoch }, 'grant of another session ignored')
    case 'withdraw':
      return await commands.withdraw(message.id)
    case 'result-ack':
      await commands.acknowledge(message.id)
      // what the host runs may be another release now; people look before the next beat
      return await beat(options)
    case 'kill':
      return await commands.kill(message.id, message.reason)
    case 'read-output':
      return await commands.readOutput(message)
    case 'inspect':
      // takes a while; what comes after it need not wait
      return void inspect(message, options)
    default:
      return message satisfies never
  }
}

async function inspect({ ask, service }: Saying & { kind: 'inspect' }, { audits, outlet }: SessionOptions): Promise<void> {
  outlet.say({ kind: 'inspected', inspected: { ask, service, findings: await audits.inspect(service) } }, true)
}

async function every(pauseMs: () => number, until: AbortSignal, act: () => unknown): Promise<void> {
  for (;;) {
    await rest(pauseMs(), until)
    if (until.aborted) return
    await act()
  }
}
