/**
 * Where agents come in. A stream becomes a session by its first frame, which has to be a greeting and to come soon. Owns that every
 * session that was recorded is taken off the record when its stream ends.
 */
import type { AgentFrame__Output } from '../../../proto/gen/muster/v1/AgentFrame.ts'
import { MusterError, problem } from '../../../shared/errors.ts'
import type { ErrorKind } from '../../../shared/errors.ts'
import type { HostName } from '../../../shared/ids.ts'
import { readAgentFrame } from '../../../shared/wire.ts'
import { datacenterOf } from '../../engine/distribution/sources.ts'
import { knownMachine } from '../../engine/known-machine.ts'
import type { Identity } from '../../engine/ports/identities.ts'
import type { SessionRegistry } from '../../engine/ports/sessions.ts'
import type { Rate } from '../bucket.ts'
import { Rates } from '../rates.ts'
import type { Throttled } from '../throttled.ts'
import type { Limits } from './allowance.ts'
import { arrival, dated, found } from './arrival.ts'
import { judgeHello } from './greeting.ts'
import { machineBehind, refuseOther } from './identify.ts'
import type { Machines } from './identify.ts'
import { effectiveLabels } from './labels.ts'
import type { LiveSessions } from './live-sessions.ts'
import { Session } from './session.ts'
import type { SessionPorts } from './session.ts'
import { problemOf, sessionRefused } from './status.ts'
import { AgentStream } from './stream.ts'
import type { AgentCall } from './stream.ts'

export const HELLO_WITHIN_MS = 10_000
/** Streams that one coordinator holds; beyond it agents are sent to look for another. */
export const MAX_STREAMS = 20_000
/** Of one host: two coordinators that restart are greeted a few times; an agent that is cut off again and again waits before Redis hears of it. */
export const GREETINGS: Rate = { perSecond: 1, atOnce: 10 }

/** Of what a stranger calls itself, in what is said of it. */
const MAX_HOST_CHARS = 80

/** What an agent is told in a frame of its own. */
const TOLD: ReadonlySet<ErrorKind> = new Set(['refused', 'unauthenticated'])

export type DoorOptions = {
  ports: SessionPorts & { registry: SessionRegistry }
  live: LiveSessions
  machines: Machines
  /** Keys of labels that only a join token can give. */
  boundLabels: readonly string[]
  welcome: { heartbeatMs: number }
  helloWithinMs: number
  /** What one agent may say. */
  limits: Limits
  /** How often one host may greet. */
  greetings: Rate
  throttled: Pick<Throttled, 'heldBack'>
}

export class Door {
  readonly #options: DoorOptions
  #isOpen = true
  readonly #streams = new Set<AgentStream>()
  readonly #farewells = new Set<Promise<void>>()
  readonly #greetings: Rates

  constructor(options: DoorOptions) {
    this.#options = options
    this.#greetings = new Rates(options.greetings, () => performance.now())
  }

  admit(call: AgentCall): void {
    const { helloWithinMs, welcome, limits, throttled, ports: { clock } } = this.#options
    let session: Session | null = null
    const stream = new AgentStream(call, {
      onFrame: async (frame) => {
        clearTimeout(timer)
        try {
          if (session) return await this.#take(session, frame)
          session = await this.#greet(call, stream, frame)
          if (session === null) return
          if (stream.hasEnded) this.#leave(session)
          else await session.begin(welcome)
        } catch (error) {
          this.#fail(stream, frame.host.slice(0, MAX_HOST_CHARS), error)
        }
      },
      onHeldBack: (waitMs, burst) => {
        if (session) void throttled.heldBack(session.host, waitMs, burst)
      },
      onEnd: () => {
        clearTimeout(timer)
        this.#streams.delete(stream)
        if (session) this.#leave(session)
      },
    }, { clock, limits })
    const timer = setTimeout(() => stream.refuse('', noGreeting(helloWithinMs).problem), helloWithinMs)
    this.#streams.add(stream)
    if (!this.#isOpen) stream.end(stopping().problem)
    else if (this.#streams.size > MAX_STREAMS) stream.end(problem('unavailable', 'this coordinator is full').problem)
  }

  /** Lets nobody in any more, ends all streams so that their agents look for another coordinator, and takes the sessions off the record. */
  async close(): Promise<void> {
    this.#isOpen = false
    for (const stream of this.#streams) stream.end(stopping().problem)
    await Promise.all(this.#farewells)
  }

  /** Null: its machine has greeted too often, whatever it says; nobody is told of that, nor is it logged as often as it happens. */
  async #greet(call: AgentCall, stream: AgentStream, frame: AgentFrame__Output): Promise<Session | null> {
    const { ports, live, machines, boundLabels } = this.#options
    const message = readAgentFrame(frame)
    const { host } = frame
    const shown = await machineBehind(call, machines.authority)
    if (!this.#greetings.take(`${shown.role}/${shown.host}`)) return this.#putOff(stream, shown.host)
    refuseOther(shown, host)
    const identity = await knownMachine(machines, shown)
    if (message?.kind !== 'hello') throw sessionRefused('the first frame is not a greeting', { expected: 'hello' })
    const { open, labels, ...hello } = judgeHello(message.hello)
    const now = ports.clock()
    const before = await ports.registry.last(host)
    const judged = effectiveLabels(labels, { bound: identity.labels, boundKeys: boundLabels })
    const greeting = { ...hello, ...judged, installed: dated(hello.installed, before?.installed ?? [], now) }
    const epoch = await ports.registry.open(host, greeting, now)
    await this.#lookAgain(machines, identity, epoch)
    if (Object.keys(judged.ignoredLabels).length > 0) {
      ports.log.warn({ host, claims: judged.ignoredLabels }, 'a host claims labels that only its join token can give; the claims are ignored')
    }
    const session = new Session({ host, epoch, stream, shown, dc: datacenterOf(judged.labels), open, installed: greeting.installed }, ports)
    live.add(session)
    await session.note([...arrival(before, greeting, epoch, now), ...found(greeting.installed, before?.installed ?? [], now)])
    return session
  }

  #putOff(stream: AgentStream, host: HostName): null {
    this.#options.ports.log.debug({ host }, 'a machine greets too often, and is to come later')
    stream.end(problem('unavailable', `${host} has begun too many sessions in a short time`, { expected: 'one a second at most' }).problem)
    return null
  }

  /** Whoever took the identity away before the session began has ended only those that were there then. */
  async #lookAgain(machines: Machines, identity: Identity, epoch: number): Promise<void> {
    try {
      await knownMachine(machines, identity)
    } catch (error) {
      await this.#options.ports.registry.close(identity.host, epoch)
      throw error
    }
  }

  /** A body of a kind that this version does not know says nothing to it. */
  async #take(session: Session, frame: AgentFrame__Output): Promise<void> {
    if (frame.host !== session.host) {
      throw sessionRefused(`a session of ${session.host} cannot speak for another host`, { field: 'host', expected: session.host })
    }
    const message = readAgentFrame(frame)
    if (message) await session.take(message)
  }

  #fail(stream: AgentStream, host: HostName, error: unknown): void {
    const { log } = this.#options.ports
    if (error instanceof MusterError && TOLD.has(error.kind)) {
      log.info({ host, ...error.problem }, 'an agent was refused')
      stream.refuse(host, error.problem)
    } else {
      log.warn({ host, err: error }, 'a session ends because what its agent said could not be kept; the agent will say it again')
      stream.end(problemOf(error))
    }
  }

  #leave(session: Session): void {
    const { host, epoch } = session
    const { live, ports: { registry, log } } = this.#options
    live.remove(session)
    session.leave()
    const farewell = registry.close(host, epoch).catch((error: unknown) => {
      log.warn({ err: error, host }, 'the end of a session could not be recorded')
    })
    this.#farewells.add(farewell)
    void farewell.finally(() => this.#farewells.delete(farewell))
  }
}

function noGreeting(withinMs: number): MusterError {
  return sessionRefused('no greeting has come', { expected: `one within ${withinMs / 1000} s` })
}

function stopping(): MusterError {
  return problem('unavailable', 'this coordinator is stopping')
}
