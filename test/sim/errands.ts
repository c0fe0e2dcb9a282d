/**
 * Scripts that run once per rollout, as hosts do them: beside their own part, started at most once, told again until somebody has heard. Owns
 * the count of those that really run at this moment.
 */
import type { Effect } from '../../coordinator/rollout/effect.ts'
import type { AgentEvent } from '../../coordinator/rollout/event.ts'
import type { HostName } from '../../shared/ids.ts'

type Sent = Extract<Effect, { type: 'SendScript' }>
type Ended = Extract<AgentEvent, { type: 'ScriptEnded' }>

/** `sleeps`: begins only when the coordinator has long given it up, if it has not been taken back by then. `late`: ends only then. */
export const ERRAND_FATES = ['works', 'fails', 'times-out', 'loses-status', 'late', 'sleeps'] as const
export type ErrandFate = (typeof ERRAND_FATES)[number]
/** `fates`: of the first command that is sent, the second, and so on; those beyond work. */
export type ErrandPlan = { fates: ErrandFate[]; workMs: number }

export type Errand = { sent: Sent; stage: 'open' | 'running' | 'over'; result: Ended | null }

export type Errander = {
  after: (delayMs: number, run: () => void) => void
  /** Loses what is said while the host is cut off. */
  say: (on: HostName, event: AgentEvent) => void
  began: (sent: Sent) => void
}

export class Errands {
  /** By number. */
  readonly all = new Map<number, Errand>()
  readonly #plan: ErrandPlan
  readonly #timeoutMs: number
  readonly #around: Errander

  constructor(plan: ErrandPlan, timeoutMs: number, around: Errander) {
    this.#plan = plan
    this.#timeoutMs = timeoutMs
    this.#around = around
  }

  get running(): number[] {
    return [...this.all].flatMap(([number, { stage }]) => (stage === 'running' ? [number] : []))
  }

  receive(sent: Sent): void {
    if (this.all.has(sent.number)) return
    const errand: Errand = { sent, stage: 'open', result: null }
    this.all.set(sent.number, errand)
    const fate = this.#plan.fates[sent.number - 1] ?? 'works'
    this.#around.after(fate === 'sleeps' ? this.#beyondDeadlineMs : this.#plan.workMs / 4, () => this.#begin(errand, fate))
  }

  /** What has begun comes to its end. */
  withdraw(number: number): void {
    const errand = this.all.get(number)
    if (errand?.stage === 'open') errand.stage = 'over'
  }

  resend(on: HostName): void {
    for (const { sent, result } of this.all.values()) if (sent.on === on && result !== null) this.#around.say(on, result)
  }

  #begin(errand: Errand, fate: ErrandFate): void {
    if (errand.stage !== 'open') return
    const { sent } = errand
    errand.stage = 'running'
    this.#around.began(sent)
    this.#around.say(sent.on, { type: 'ScriptStarted', on: sent.on, number: sent.number })
    const takesMs = fate === 'late' ? this.#beyondDeadlineMs : fate === 'times-out' ? this.#timeoutMs : this.#plan.workMs
    this.#around.after(takesMs, () => this.#end(errand, fate))
  }

  #end(errand: Errand, fate: ErrandFate): void {
    const { on, number } = errand.sent
    const verdict = fate === 'fails' ? 'failed' : fate === 'times-out' ? 'timed-out' : fate === 'loses-status' ? 'unknown' : 'succeeded'
    errand.stage = 'over'
    errand.result = { type: 'ScriptEnded', on, number, verdict, exitCode: verdict === 'succeeded' ? 0 : 1, message: verdict }
    this.#around.say(on, errand.result)
  }

  get #beyondDeadlineMs(): number {
    return 2 * this.#timeoutMs + 40_000
  }
}
