/**
 * A host with an agent, as far as the rollout machine can tell: it starts a command at most once, touches nothing before its grant, keeps
 * a result until it is acknowledged, and goes on by itself while it is cut off.
 */
import type { Revert, Step } from '../../shared/command.ts'
import type { HostName } from '../../shared/ids.ts'
import type { AgentEvent } from '../../coordinator/rollout/event.ts'
import type { Mail } from './mailbox.ts'

/** What comes of a command that the host starts. A host that runs the revision already says so, whatever its fate. */
export const FATES = [
  'works', 'fetch-fails', 'stop-fails', 'check-fails', 'revert-fails', 'mended-by-hand', 'times-out', 'loses-status', 'late', 'sleeps',
] as const
export type Fate = (typeof FATES)[number]

/** `cut`: the network fails, the agent goes on. `reboot`: what runs dies. `forMs` null: for good. */
export type Absence = { afterMs: number; forMs: number | null; kind: 'cut' | 'reboot' }

export type HostPlan = {
  installed: string | null
  /** Of the first command that it starts, the second, and so on; those beyond work. */
  fates: Fate[]
  fetchMs: number
  workMs: number
  /** Each begins that long after the end of the one before. */
  absences: Absence[]
}

/** What a host is connected to. `say` loses what is said while the host is cut off. */
export type Uplink = {
  after: (delayMs: number, run: () => void) => void
  say: (host: SimHost, event: AgentEvent) => void
  touched: (host: SimHost, attempt: number) => void
}

type Work = { mail: Mail; fate: Fate; stage: 'preparing' | 'in-line' | 'acting' }

const STEP_BEFORE: Step[] = ['preflight', 'fetch', 'unpack', 'claim']
const STEP_AFTER: Step[] = ['stop', 'switch', 'start', 'check']

export class SimHost {
  readonly name: HostName
  readonly plan: HostPlan
  epoch = 1
  isConnected = true
  installed: string | null
  /** Results that no coordinator has acknowledged. */
  readonly results = new Map<number, AgentEvent>()
  #work: Work | null = null
  #started = 0
  readonly #next: Mail[] = []
  readonly #known = new Set<number>()
  readonly #timeoutMs: number
  readonly #uplink: Uplink

  constructor(name: HostName, plan: HostPlan, timeoutMs: number, uplink: Uplink) {
    this.name = name
    this.plan = plan
    this.installed = plan.installed
    this.#timeoutMs = timeoutMs
    this.#uplink = uplink
  }

  /** The attempt that is touching what runs here. */
  get acting(): number | null {
    return this.#work?.stage === 'acting' ? this.#work.mail.attempt : null
  }

  get open(): number[] {
    return [this.#work?.mail, ...this.#next].flatMap((mail) => (mail === null || mail === undefined ? [] : [mail.attempt]))
  }

  receive(mail: Mail): void {
    if (this.#known.has(mail.attempt)) return
    this.#known.add(mail.attempt)
    this.#next.push(mail)
    if (this.#work !== null && this.#work.stage !== 'acting' && this.#work.mail.attempt < mail.attempt) this.#work = null
    this.#begin()
  }

  withdraw(attempt: number): void {
    this.#known.add(attempt)
    this.#next.splice(0, this.#next.length, ...this.#next.filter((mail) => mail.attempt !== attempt))
    if (this.#work?.mail.attempt !== attempt || this.#work.stage === 'acting') return
    this.#work = null
    this.#begin()
  }

  grant(attempt: number, epoch: number): void {
    const work = this.#work
    if (work?.mail.attempt !== attempt || work.stage !== 'in-line' || epoch !== this.epoch) return
    work.stage = 'acting'
    this.#uplink.touched(this, attempt)
    this.#act(work)
  }

  /** What it has touched, it puts back. */
  kill(attempt: number): void {
    const work = this.#work
    if (work?.mail.attempt !== attempt) return
    if (work.stage === 'acting') this.#fail(work, 'failed', 'start', 'succeeded')
    else this.#fail(work, 'failed', 'fetch', 'not-needed')
  }

  disconnect(kind: Absence['kind']): void {
    this.isConnected = false
    if (kind === 'reboot') this.#reboot()
  }

  connect(): void {
    this.isConnected = true
    this.epoch++
    if (this.#work?.stage === 'in-line') this.#claim(this.#work)
    for (const result of this.results.values()) this.#uplink.say(this, result)
  }

  #begin(): void {
    if (this.#work !== null) return
    const mail = this.#next.sort((a, b) => b.attempt - a.attempt).shift()
    if (mail === undefined) return
    const fate = this.plan.fates[this.#started++] ?? 'works'
    this.#prepare({ mail, fate, stage: 'preparing' })
  }

  #prepare(work: Work): void {
    this.#work = work
    const fetchMs = work.fate === 'sleeps' ? this.plan.fetchMs + this.#beyondDeadlineMs : this.plan.fetchMs
    this.#report(work, STEP_BEFORE, fetchMs)
    this.#later(work, fetchMs, () => {
      if (work.mail.revision === this.installed) return this.#succeed(work, false)
      if (work.fate === 'fetch-fails') return this.#fail(work, 'failed', 'fetch', 'not-needed')
      work.stage = 'in-line'
      this.#claim(work)
    })
  }

  #claim({ mail }: Work): void {
    const installed = { revision: this.installed, version: this.installed }
    this.#uplink.say(this, { type: 'ClaimRequested', host: this.name, attempt: mail.attempt, epoch: this.epoch, installed })
  }

  #act(work: Work): void {
    const { workMs } = this.plan
    this.#report(work, STEP_AFTER, workMs)
    const after = (delayMs: number, run: () => void) => this.#later(work, delayMs, run)
    switch (work.fate) {
      case 'works':
      case 'sleeps':
      case 'fetch-fails':
        return after(workMs, () => this.#succeed(work, true))
      case 'late':
        return after(workMs + this.#beyondDeadlineMs, () => this.#succeed(work, true))
      case 'stop-fails':
        return after(workMs / 4, () => this.#fail(work, 'failed', 'stop', 'not-needed'))
      case 'check-fails':
        return after(workMs, () => this.#fail(work, 'failed', 'check', 'succeeded'))
      case 'times-out':
        return after(this.#timeoutMs, () => this.#fail(work, 'timed-out', 'start', 'succeeded'))
      case 'revert-fails':
        return after(workMs, () => {
          this.installed = work.mail.revision
          this.#fail(work, 'failed', 'check', 'failed')
        })
      case 'mended-by-hand':
        return after(workMs, () => this.#fail(work, 'failed', 'check', 'failed'))
      case 'loses-status':
        return after(workMs, () => this.#fail(work, 'unknown', 'start', 'not-needed'))
    }
  }

  #reboot(): void {
    const work = this.#work
    if (work === null || work.stage === 'in-line') return
    if (work.stage === 'preparing') return this.#prepare({ ...work })
    this.#fail(work, 'unknown', 'start', 'not-needed')
  }

  #succeed({ mail }: Work, changed: boolean): void {
    this.installed = mail.revision
    this.#finish({ type: 'TaskSucceeded', host: this.name, attempt: mail.attempt, changed })
  }

  #fail({ mail }: Work, verdict: 'failed' | 'timed-out' | 'unknown', step: Step, revert: Revert): void {
    this.#finish({ type: 'TaskFailed', host: this.name, attempt: mail.attempt, verdict, step, exitCode: 1, message: `${step} failed`, revert })
  }

  #finish(result: Extract<AgentEvent, { attempt: number }>): void {
    this.results.set(result.attempt, result)
    this.#uplink.say(this, result)
    this.#work = null
    this.#begin()
  }

  #report(work: Work, steps: Step[], overMs: number): void {
    for (const [index, step] of steps.entries()) {
      this.#later(work, (overMs * index) / steps.length, () => {
        this.#uplink.say(this, { type: 'StepStarted', host: this.name, attempt: work.mail.attempt, step })
      })
    }
  }

  #later(work: Work, delayMs: number, run: () => void): void {
    this.#uplink.after(delayMs, () => {
      if (this.#work === work) run()
    })
  }

  get #beyondDeadlineMs(): number {
    return 2 * this.#timeoutMs + 40_000
  }
}
