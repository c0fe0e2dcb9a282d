/** One rollout's world: the engine, its hosts, and a network between them that delays, repeats and reorders in both directions. */
import { hasEnded } from '../../shared/states.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Effect } from '../../coordinator/rollout/effect.ts'
import type { AgentEvent, ControlEvent, Event } from '../../coordinator/rollout/event.ts'
import { Engine } from './engine.ts'
import type { Seen } from './engine.ts'
import { Errands } from './errands.ts'
import { SimHost } from './host.ts'
import type { Absence } from './host.ts'
import type { Law, NewLaw } from './law.ts'
import { Mailbox } from './mailbox.ts'
import type { Mail } from './mailbox.ts'
import { Places } from './places.ts'
import { Prefetches } from './prefetches.ts'
import { Random } from './random.ts'
import { orderOf } from './script.ts'
import type { Script } from './script.ts'
import { Timeline } from './timeline.ts'

const SILENT_AFTER_MS = 30_000
const RESEND_MS = 10_000
const MAX_ROUNDS = 2_000

export class World {
  readonly timeline = new Timeline()
  readonly engine: Engine
  readonly hosts = new Map<HostName, SimHost>()
  readonly assigned = new Map<HostName, string | null>()
  /** Attempts (host/attempt) that a person has given up; they may still be acting, and that is the person's business. */
  readonly givenUp = new Set<string>()
  readonly seen: Seen[] = []
  readonly random: Random
  readonly laws: Law[]
  readonly mailbox = new Mailbox()
  readonly places: Places
  readonly errands: Errands
  readonly prefetches: Prefetches
  readonly #openScripts = new Map<number, Extract<Effect, { type: 'SendScript' }>>()
  readonly #closedScripts = new Set<number>()
  #inbox: Event[] = []
  #wakeAtMs = Infinity
  #frozenUntilMs = 0
  readonly #away = new Set<HostName>()
  readonly #script: Script

  constructor(script: Script, laws: readonly NewLaw[]) {
    this.#script = script
    this.random = new Random(script.seed)
    this.laws = laws.map((newLaw) => newLaw())
    const order = orderOf(script)
    this.places = new Places(script.limit)
    this.engine = new Engine(order, 0, {
      presenceOf: (host) => this.presenceOf(host),
      assignedOf: (host) => this.assigned.get(host) ?? null,
      reserve: (hosts, atMost) => this.places.reserve(hosts, atMost),
      frozenUntilMs: () => this.frozenUntilMs,
      watch: (seen) => this.#watch(seen),
    })
    this.errands = new Errands(script.errands, order.strategy.timeoutMs, {
      after: (delayMs, run) => this.timeline.after(delayMs, run),
      say: (on, event) => this.#beside(on, event),
      began: (sent) => this.laws.forEach((law) => law.onScript?.(sent, this)),
    })
    this.prefetches = new Prefetches(script.prefetches, (delayMs, run) => this.timeline.after(delayMs, run), (event) => this.#beside(event.host, event))
    for (const [index, plan] of script.hosts.entries()) {
      const host = new SimHost(order.hosts[index]!.host, plan, order.strategy.timeoutMs, {
        after: (delayMs, run) => this.timeline.after(delayMs, run),
        say: (from, event) => this.#fromHost(from, event),
        touched: (by, attempt) => this.laws.forEach((law) => law.onTouch?.(by, attempt, this)),
      })
      this.hosts.set(host.name, host)
      this.assigned.set(host.name, plan.installed)
      this.#scheduleAbsences(host, plan.absences)
    }
    for (const other of script.limit?.others ?? []) this.timeline.after(other.afterMs, () => this.#othersHost(other.forMs))
    for (const freeze of script.freezes) this.timeline.after(freeze.afterMs, () => this.#freeze(freeze.forMs))
    this.#wake()
  }

  get hasEnded(): boolean {
    return hasEnded(this.engine.rollout.phase)
  }

  presenceOf(host: HostName): 'connected' | 'away' {
    return this.#away.has(host) ? 'away' : 'connected'
  }

  /** What a person asks for reaches the machine at once. @returns why it was refused */
  control(event: ControlEvent): string | null {
    const { refused } = this.engine.take(event, this.timeline.nowMs)
    this.#perform()
    this.#wake()
    return refused
  }

  /** Until when a freeze window stands; null: none does. */
  get frozenUntilMs(): number | null {
    return this.#frozenUntilMs > this.timeline.nowMs ? this.#frozenUntilMs : null
  }

  #freeze(forMs: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.timeline.nowMs + forMs)
    this.#wake()
  }

  #othersHost(forMs: number): void {
    const free = this.places.takeForOther()
    if (free === null) return
    this.timeline.after(forMs, () => {
      free()
      this.#wake()
    })
  }

  #watch(seen: Seen): void {
    this.seen.push(seen)
    const { event, before, after } = seen
    const verdict = (event.type === 'SkipRequested' || event.type === 'HostRetryRequested') && after.refused === null
    if (verdict && before.task !== null) this.givenUp.add(`${event.host}/${before.task.attempt}`)
    for (const law of this.laws) law.afterStep?.(seen, this)
  }

  #wake(): void {
    this.#wakeAt(this.timeline.nowMs + this.random.between(0, this.#script.network.busyMs), 'world')
  }

  #wakeAt(atMs: number, kind: 'world' | 'engine'): void {
    if (atMs >= this.#wakeAtMs) return
    this.#wakeAtMs = atMs
    this.timeline.after(atMs - this.timeline.nowMs, () => this.#drive(atMs), kind)
  }

  #drive(atMs: number): void {
    if (atMs !== this.#wakeAtMs) return
    this.#wakeAtMs = Infinity
    for (let round = 0; ; round++) {
      if (round > MAX_ROUNDS) throw new Error('the engine never comes to rest')
      const events = this.#inbox.splice(0)
      const moved = this.engine.round(events, this.timeline.nowMs)
      this.#perform()
      if (!moved) break
    }
    const due = this.engine.nextDueMs()
    if (due !== null && !this.hasEnded) this.#wakeAt(due, 'engine')
  }

  /** Now and then the engine dies between performing and acknowledging, and performs all of it again. */
  #perform(): void {
    const effects = this.engine.outbox
    this.engine.outbox = []
    for (const effect of effects) this.#performOne(effect)
    if (this.random.chance(this.#script.network.repeats)) for (const effect of effects) this.#performOne(effect)
  }

  #performOne(effect: Effect): void {
    switch (effect.type) {
      case 'SendCommand':
        if (this.mailbox.put(effect)) this.#push(effect)
        return
      case 'GrantSlot':
        if (this.mailbox.has(effect.host, effect.attempt)) this.#toHost(effect.host, (host) => host.grant(effect.attempt, effect.epoch))
        return
      case 'WithdrawCommand':
        this.mailbox.remove(effect.host, effect.attempt)
        return this.#toHost(effect.host, (host) => host.withdraw(effect.attempt))
      case 'CloseCommand':
        return this.mailbox.remove(effect.host, effect.attempt)
      case 'KillCommand':
        this.mailbox.kill(effect.host, effect.attempt)
        return this.#toHost(effect.host, (host) => host.kill(effect.attempt))
      case 'FreeSlot':
        this.places.free(effect.host)
        return this.#wake()
      case 'Assign':
        this.assigned.set(effect.host, effect.revision)
        return
      case 'SendScript':
        if (this.#closedScripts.has(effect.number)) return
        this.#openScripts.set(effect.number, effect)
        return this.#toHost(effect.on, () => this.errands.receive(effect))
      case 'CloseScript':
        this.#closedScripts.add(effect.number)
        this.#openScripts.delete(effect.number)
        return this.#toHost(effect.on, () => this.errands.withdraw(effect.number))
      case 'SendPrefetch':
        if (this.prefetches.put(effect)) this.#pushPrefetch(effect)
        return
      case 'WithdrawPrefetch':
      case 'ClosePrefetch':
        return this.prefetches.take(effect.host, effect.number)
      case 'Record':
      case 'Announce':
      case 'EndRollout':
        return
    }
  }

  /** What a host says of something that it does beside its own part. */
  #beside(on: HostName, event: AgentEvent): void {
    if (this.hosts.get(on)?.isConnected) this.#travel(() => this.#report(event))
  }

  #pushPrefetch(sent: Extract<Effect, { type: 'SendPrefetch' }>): void {
    this.#toHost(sent.host, () => this.prefetches.receive(sent, [...this.hosts.keys()].indexOf(sent.host)))
  }

  #push(mail: Mail): void {
    this.#toHost(mail.host, (host) => host.receive(mail))
  }

  /** A message dies with the session that it was sent in. */
  #toHost(name: HostName, deliver: (host: SimHost) => void): void {
    const host = this.hosts.get(name)
    if (host === undefined || !host.isConnected) return
    const { epoch } = host
    this.#travel(() => {
      if (host.isConnected && host.epoch === epoch) deliver(host)
    })
  }

  #fromHost(host: SimHost, event: AgentEvent): void {
    const isResult = event.type === 'TaskSucceeded' || event.type === 'TaskFailed'
    if (host.isConnected) {
      this.#travel(() => {
        this.#report(event)
        if (isResult) this.#toHost(host.name, () => host.results.delete(event.attempt))
      })
    }
    if (isResult) this.timeline.after(RESEND_MS, () => this.#resend(host, event.attempt))
  }

  #resend(host: SimHost, attempt: number): void {
    const result = host.results.get(attempt)
    if (result !== undefined && host.isConnected) this.#fromHost(host, result)
  }

  #report(event: AgentEvent): void {
    this.#inbox.push(event)
    this.#wake()
  }

  #travel(arrive: () => void): void {
    const { slowMs, repeats } = this.#script.network
    this.timeline.after(this.random.between(0, slowMs), arrive)
    if (this.random.chance(repeats)) this.timeline.after(this.random.between(0, 20 * slowMs), arrive)
  }

  #scheduleAbsences(host: SimHost, absences: readonly Absence[]): void {
    const [first, ...rest] = absences
    if (first === undefined) return
    this.timeline.after(first.afterMs, () => {
      host.disconnect(first.kind)
      const { epoch } = host
      this.timeline.after(SILENT_AFTER_MS, () => this.#missed(host, epoch))
      if (first.forMs === null) return
      this.timeline.after(first.forMs, () => {
        this.#connect(host)
        this.#scheduleAbsences(host, rest)
      })
    })
  }

  /** No sign of life: the sweep says so, and what it says may come after the host's return. */
  #missed(host: SimHost, epoch: number): void {
    if (host.isConnected || host.epoch !== epoch) return
    this.#away.add(host.name)
    this.#travel(() => this.#report({ type: 'HostLost', host: host.name }))
  }

  #connect(host: SimHost): void {
    host.connect()
    this.#away.delete(host.name)
    this.#travel(() => this.#report({ type: 'HostConnected', host: host.name }))
    this.errands.resend(host.name)
    this.prefetches.resend(host.name)
    for (const sent of this.prefetches.open) if (sent.host === host.name) this.#pushPrefetch(sent)
    for (const sent of this.#openScripts.values()) if (sent.on === host.name) this.#toHost(sent.on, () => this.errands.receive(sent))
    for (const number of this.#closedScripts) this.#toHost(host.name, () => this.errands.withdraw(number))
    for (const mail of this.mailbox.of(host.name)) this.#push(mail)
    for (const mail of this.mailbox.of(host.name)) if (this.mailbox.isKilled(mail)) this.#toHost(host.name, (to) => to.kill(mail.attempt))
    for (const attempt of host.open) if (!this.mailbox.has(host.name, attempt)) this.#toHost(host.name, (to) => to.withdraw(attempt))
  }
}
