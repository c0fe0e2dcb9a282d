/** Fetching ahead, as hosts do it: beside everything else, each order once, stopped when it is taken back, told again until somebody has heard. */
import type { Effect } from '../../coordinator/rollout/effect.ts'
import type { AgentEvent } from '../../coordinator/rollout/event.ts'
import type { HostName } from '../../shared/ids.ts'

type Sent = Extract<Effect, { type: 'SendPrefetch' }>
type Ended = Extract<AgentEvent, { type: 'PrefetchEnded' }>

/** `sleeps`: longer than the first wave would wait. */
export const PREFETCH_FATES = ['works', 'fails', 'sleeps'] as const
export type PrefetchFate = (typeof PREFETCH_FATES)[number]
/** `fates`: of the hosts in their order, again and again. */
export type PrefetchPlan = { fates: PrefetchFate[]; takesMs: number }

type Prefetch = { sent: Sent; state: 'lies' | 'fetches' | 'over'; result: Ended | null }

const SLEEPS_MS = 400_000

export class Prefetches {
  readonly #all = new Map<string, Prefetch>()
  readonly #plan: PrefetchPlan
  readonly #after: (delayMs: number, run: () => void) => void
  readonly #say: (event: Ended) => void

  /** @param say loses what is said while the host is cut off */
  constructor(plan: PrefetchPlan, after: (delayMs: number, run: () => void) => void, say: (event: Ended) => void) {
    this.#plan = plan
    this.#after = after
    this.#say = say
  }

  /** Those that nobody has closed or taken back. */
  get open(): Sent[] {
    return [...this.#all.values()].flatMap(({ sent, state }) => (state === 'over' ? [] : [sent]))
  }

  /** False: it lies there already, or is over. */
  put(sent: Sent): boolean {
    if (this.#all.has(idOf(sent))) return false
    this.#all.set(idOf(sent), { sent, state: 'lies', result: null })
    return true
  }

  /** The host has the order; `place`: its own among the hosts. */
  receive(sent: Sent, place: number): void {
    const prefetch = this.#all.get(idOf(sent))
    if (prefetch?.state !== 'lies') return
    prefetch.state = 'fetches'
    const fate = this.#plan.fates[place % Math.max(1, this.#plan.fates.length)] ?? 'works'
    this.#after(fate === 'sleeps' ? SLEEPS_MS : this.#plan.takesMs, () => this.#end(prefetch, fate))
  }

  take(host: HostName, number: number): void {
    const prefetch = this.#all.get(idOf({ host, number }))
    if (prefetch) prefetch.state = 'over'
  }

  resend(host: HostName): void {
    for (const { sent, result, state } of this.#all.values()) if (sent.host === host && result !== null && state !== 'over') this.#say(result)
  }

  #end(prefetch: Prefetch, fate: PrefetchFate): void {
    if (prefetch.state !== 'fetches') return
    const { host, number } = prefetch.sent
    prefetch.result = { type: 'PrefetchEnded', host, number, verdict: fate === 'fails' ? 'failed' : 'succeeded', message: fate }
    this.#say(prefetch.result)
  }
}

function idOf({ host, number }: Pick<Sent, 'host' | 'number'>): string {
  return `${host}/${number}`
}
