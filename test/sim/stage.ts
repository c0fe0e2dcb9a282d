/** A rollout whose hosts do exactly what they are told, one event after another: for scenarios and for tests of a single transition. */
import { strategySchema } from '../../shared/strategy.ts'
import type { StrategyInput } from '../../shared/strategy.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Revert, Step } from '../../shared/command.ts'
import type { Effect } from '../../coordinator/rollout/effect.ts'
import type { Event } from '../../coordinator/rollout/event.ts'
import type { Order } from '../../coordinator/rollout/plan.ts'
import type { Rollout, Script, Task } from '../../coordinator/rollout/state.ts'
import { Engine } from './engine.ts'
import { isTold } from './told.ts'
import type { Seen } from './engine.ts'

export const BY = { by: 'ann', reason: null }

export type Failing = { verdict?: 'failed' | 'timed-out' | 'unknown'; step?: Step; revert?: Revert; attempt?: number }

/** What a rollout is besides its strategy and hosts. `limit`: how many hosts of the service may be down at once, over all rollouts. */
export type About = Partial<Pick<Order, 'kind' | 'run' | 'waitsFor'>> & { limit?: number | null }

/** What one act on the stage led to, the engine's own doing included. */
export type Outcome = { refused: string | null; effects: Effect[]; steps: Seen[] }

const MAX_ROUNDS = 1_000

export class Stage {
  nowMs = 0
  readonly engine: Engine
  readonly epochs = new Map<HostName, number>()
  readonly away = new Set<HostName>()
  readonly assigned = new Map<HostName, string | null>()
  /** Hosts of this rollout that have a place under the limit, how many others are down, and how many may be. */
  readonly places = new Set<HostName>()
  othersDown = 0
  frozenUntilMs: number | null = null
  readonly #limit: number
  #steps: Seen[] = []
  #isTakenUp = false

  constructor(strategy: StrategyInput, hosts: number | readonly HostName[], { limit = null, ...about }: About = {}) {
    const names = typeof hosts === 'number' ? Array.from({ length: hosts }, (_, index) => `h${index + 1}`) : hosts
    const order = {
      id: 'web-7', service: 'web', release: '2.0', revision: 'new', actor: 'ann', reason: null, strategy: strategySchema.parse(strategy), hosts: names.map((host) => ({ host, revision: 'new' })),
    }
    this.#limit = limit ?? Infinity
    this.engine = new Engine({ ...order, ...about, limited: limit !== null }, this.nowMs, {
      presenceOf: (host) => this.presenceOf(host),
      assignedOf: (host) => this.assigned.get(host) ?? 'old',
      reserve: (inLine, atMost) => this.#reserve(inLine, atMost),
      frozenUntilMs: () => (this.frozenUntilMs !== null && this.frozenUntilMs > this.nowMs ? this.frozenUntilMs : null),
      watch: (seen) => this.#watch(seen),
    })
  }

  #watch(seen: Seen): void {
    this.#steps.push(seen)
    for (const effect of seen.after.effects) {
      if (effect.type === 'Assign') this.assigned.set(effect.host, effect.revision)
      if (effect.type === 'FreeSlot') this.places.delete(effect.host)
    }
  }

  #reserve(inLine: readonly HostName[], atMost: number): { reserved: HostName[]; limit: string | null } {
    const room = Math.max(0, this.#limit - this.othersDown - this.places.size)
    const reserved = inLine.slice(0, Math.min(atMost, room))
    for (const host of reserved) this.places.add(host)
    return { reserved, limit: `${this.#limit} of web's hosts are down, and its limit allows no more` }
  }

  get rollout(): Rollout {
    return this.engine.rollout
  }

  task(host: HostName): Task {
    const task = this.engine.rows.get(host)
    if (task === undefined) throw new Error(`there is no host ${host}`)
    return task
  }

  presenceOf(host: HostName): 'connected' | 'away' {
    return this.away.has(host) ? 'away' : 'connected'
  }

  epochOf(host: HostName): number {
    return this.epochs.get(host) ?? 1
  }

  /** Until then nobody looks at the rollout, whatever happens. */
  start(): Outcome {
    this.#isTakenUp = true
    return this.#until(() => null)
  }

  /** One event, and all that the engine makes of it. */
  take(event: Event): Outcome {
    return this.#until(() => this.engine.take(event, this.nowMs).refused)
  }

  claim(host: HostName, installed: string | null = 'old', attempt = this.task(host).attempt): Outcome {
    const runs = { revision: installed, version: installed }
    return this.take({ type: 'ClaimRequested', host, attempt, epoch: this.epochOf(host), installed: runs })
  }

  succeed(host: HostName, changed = true, attempt = this.task(host).attempt): Outcome {
    return this.take({ type: 'TaskSucceeded', host, attempt, changed })
  }

  fail(host: HostName, { verdict = 'failed', step = 'check', revert = 'succeeded', attempt = this.task(host).attempt }: Failing = {}): Outcome {
    return this.take({ type: 'TaskFailed', host, attempt, verdict, step, exitCode: 1, message: `${step} failed`, revert })
  }

  /** The host has fetched ahead, or could not. */
  prefetch(host: HostName, verdict: 'succeeded' | 'failed', number = this.task(host).prefetch): Outcome {
    return this.take({ type: 'PrefetchEnded', host, number, verdict, message: verdict === 'succeeded' ? '' : 'fetch failed' })
  }

  /** The script that is out; reports may be of an earlier command, as they come late. */
  script(): Script & { host: HostName } {
    const out = this.rollout.scripts.findLast((script) => script.state === 'sent' || script.state === 'running')
    const last = out ?? this.rollout.scripts.toSorted((a, b) => a.number - b.number).at(-1)
    if (last === undefined || last.host === null) throw new Error('no script has been sent')
    return { ...last, host: last.host }
  }

  beginScript(number = this.script().number, on = this.script().host): Outcome {
    return this.take({ type: 'ScriptStarted', on, number })
  }

  endScript(verdict: 'succeeded' | 'failed' | 'timed-out' | 'unknown', number = this.script().number, on = this.script().host): Outcome {
    const message = verdict === 'succeeded' ? 'succeeded' : verdict === 'unknown' ? 'it left no status' : 'exit status 1'
    return this.take({ type: 'ScriptEnded', on, number, verdict, exitCode: verdict === 'succeeded' ? 0 : 1, message })
  }

  lose(host: HostName): Outcome {
    this.away.add(host)
    return this.take({ type: 'HostLost', host })
  }

  connect(host: HostName): Outcome {
    this.away.delete(host)
    this.epochs.set(host, this.epochOf(host) + 1)
    return this.take({ type: 'HostConnected', host })
  }

  /** A freeze window stands until then; null: none does any more. */
  freeze(untilMs: number | null): Outcome {
    return this.#until(() => {
      this.frozenUntilMs = untilMs
      return null
    })
  }

  /** So many hosts of the service are down that are none of this rollout's business. */
  othersAreDown(count: number): Outcome {
    return this.#until(() => {
      this.othersDown = count
      return null
    })
  }

  skip(host: HostName): Outcome {
    return this.take({ type: 'SkipRequested', host, presence: this.presenceOf(host), ...BY })
  }

  /** Lets time pass; whatever is due in between happens when it is due. */
  wait(ms: number): Outcome {
    const endMs = this.nowMs + ms
    return this.#until(() => {
      for (let due = this.engine.nextDueMs(); due !== null && due <= endMs; due = this.engine.nextDueMs()) {
        this.nowMs = Math.max(this.nowMs, due)
        this.#settle()
      }
      this.nowMs = endMs
      return null
    })
  }

  #until(act: () => string | null): Outcome {
    this.#steps = []
    const refused = act()
    this.#settle()
    return { refused, effects: this.#steps.flatMap((seen) => seen.after.effects).filter((effect) => !isTold(effect)), steps: this.#steps }
  }

  #settle(): void {
    this.engine.outbox = []
    if (!this.#isTakenUp) return
    for (let round = 0; this.engine.round([], this.nowMs); round++) if (round > MAX_ROUNDS) throw new Error('the engine never comes to rest')
  }
}
