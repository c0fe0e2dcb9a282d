/**
 * What the real engine does, in memory: step what has arrived and what is due, show the machine the rows that it wants, keep the effects
 * for after the save. Owns that a machine which asks for rows (or for time) also uses them: otherwise the real engine would spin.
 */
import type { Effect } from '../../coordinator/rollout/effect.ts'
import { hostOf } from '../../coordinator/rollout/event.ts'
import type { EngineEvent, Event, Presence } from '../../coordinator/rollout/event.ts'
import type { Stepped } from '../../coordinator/rollout/outcome.ts'
import { newRollout } from '../../coordinator/rollout/plan.ts'
import type { Order } from '../../coordinator/rollout/plan.ts'
import { dueAtMs } from '../../coordinator/rollout/progress.ts'
import type { Rollout, Task } from '../../coordinator/rollout/state.ts'
import { step } from '../../coordinator/rollout/step.ts'
import { queuesOf } from '../../coordinator/rollout/tally.ts'
import { MAX_SHOWN, want } from '../../coordinator/rollout/want.ts'
import type { Want, WantRows, WantScript } from '../../coordinator/rollout/want.ts'
import type { HostName } from '../../shared/ids.ts'

/** One step of the machine, as those see it who watch over it. */
export type Seen = { event: Event; before: { rollout: Rollout; task: Task | null }; after: Stepped; now: number }

export type Surroundings = {
  presenceOf: (host: HostName) => Presence
  /** What the host should run, before the rollout says so. */
  assignedOf: (host: HostName) => string | null
  /** Places under the limits over all rollouts, for at most so many of `hosts`; and what keeps the first of the others from one. */
  reserve: (hosts: readonly HostName[], atMost: number) => { reserved: HostName[]; limit: string | null }
  /** Until when a freeze window stands; null: none does. */
  frozenUntilMs: () => number | null
  watch: (seen: Seen) => void
}

export class Engine {
  rollout: Rollout
  readonly rows: Map<HostName, Task>
  /** Effects that the next save promises. */
  outbox: Effect[] = []
  readonly #around: Surroundings

  constructor(order: Order, now: number, around: Surroundings) {
    const { rollout, tasks } = newRollout(order, now)
    this.rollout = rollout
    this.rows = new Map(tasks.map((task) => [task.host, task]))
    this.#around = around
  }

  take(event: Event, now: number): Stepped {
    const host = hostOf(event)
    const before = { rollout: this.rollout, task: host === null ? null : (this.rows.get(host) ?? null) }
    const after = step(before.rollout, before.task, event, now)
    this.rollout = after.rollout
    if (after.task !== null) this.rows.set(after.task.host, after.task)
    this.outbox.push(...after.effects)
    this.#around.watch({ event, before, after, now })
    return after
  }

  /** One round of the real engine's loop. @returns whether anything moved */
  round(events: readonly Event[], now: number): boolean {
    const rows = [...this.rows.values()]
    const { rollout } = this
    if (rollout.phase === 'queued') this.take({ type: 'RolloutStarted' }, now)
    for (const event of events) this.take(event, now)
    this.#passTime(rows, now)
    this.#freeze(now)
    this.#show(now)
    return this.rollout !== rollout || rows.some((row) => this.rows.get(row.host) !== row)
  }

  /** When time alone will move anything. */
  nextDueMs(): number | null {
    const times = [dueAtMs(this.rollout), ...[...this.rows.values()].map((row) => row.dueAtMs)].filter((time) => time !== null)
    return times.length === 0 ? null : Math.min(...times)
  }

  /** The rows of a queue in its order. */
  head({ queue, limit, places = { from: -Infinity, to: Infinity } }: Pick<WantRows, 'queue' | 'limit' | 'places'>): HostName[] {
    const placed = [...this.rows.values()].flatMap((row) => {
      const place = queuesOf(row)[queue]
      return place === undefined || place < places.from || place > places.to ? [] : [{ host: row.host, place }]
    })
    return placed.sort((a, b) => a.place - b.place || (a.host < b.host ? -1 : 1)).slice(0, limit).map(({ host }) => host)
  }

  #freeze(now: number): void {
    const { phase, hold } = this.rollout
    if (phase !== 'running' && hold?.kind !== 'freeze') return
    const untilMs = this.#around.frozenUntilMs()
    this.take(untilMs === null ? { type: 'FreezeEnded' } : { type: 'FreezeBegan', freeze: 'night', untilMs }, now)
  }

  #passTime(rows: readonly Task[], now: number): void {
    for (const { host, dueAtMs: due, state } of rows) {
      if (due === null || due > now) continue
      this.take({ type: 'TaskTimePassed', host }, now)
      if (this.rows.get(host)?.dueAtMs === due) throw new Error(`${host} (${state}) is due and time does not move it`)
    }
    const due = dueAtMs(this.rollout)
    if (due === null || due > now) return
    this.take({ type: 'TimePassed' }, now)
    if (dueAtMs(this.rollout) === due) throw new Error('the rollout is due and time does not move it')
  }

  #show(now: number): void {
    const wanted = want(this.rollout)
    if (wanted?.as !== 'SlotOffered' || !this.rollout.limited) return this.#showWanted(wanted, now)
    if (!this.#showReserved(wanted, now)) this.#showWanted(want(this.rollout, { slots: false }), now)
  }

  #showWanted(wanted: Want | null, now: number): void {
    if (wanted === null) return
    if (wanted.as === 'ScriptOffered') this.#showScript(wanted, now)
    else this.#showRows(wanted, now)
  }

  /** False: none of those in line can have a place. */
  #showReserved(wanted: WantRows, now: number): boolean {
    const inLine = this.head({ queue: wanted.queue, limit: MAX_SHOWN })
    const { reserved, limit } = this.#around.reserve(inLine, wanted.limit)
    for (const host of reserved) this.take({ type: 'SlotOffered', host }, now)
    this.take({ type: 'LimitMet', limit: reserved.length === 0 ? limit : null }, now)
    return reserved.length > 0
  }

  #showRows(wanted: WantRows, now: number): void {
    const hosts = this.head(wanted)
    const before = this.rollout
    for (const host of hosts) this.take(this.#eventFor(wanted, host), now)
    if (this.rollout === before) throw new Error(`the machine wants ${wanted.limit} of ${wanted.queue} as ${wanted.as}, sees ${hosts.length}, and uses none`)
  }

  #eventFor({ as }: WantRows, host: HostName): EngineEvent {
    const { presenceOf, assignedOf } = this.#around
    if (as === 'PrefetchOffered') return { type: as, host, presence: presenceOf(host) }
    return as === 'HostOffered' ? { type: as, host, presence: presenceOf(host), assigned: assignedOf(host) } : { type: as, host }
  }

  /** The first host that is here: of a test's wave, where one is due. */
  #showScript({ script: place }: WantScript, now: number): void {
    const { rollout } = this
    const script = rollout.scripts[place]!
    const hosts = [...this.rows.values()].filter((row) => script.wave === null || row.wave === script.wave).map(({ host }) => host)
    const on = hosts.find((host) => this.#around.presenceOf(host) === 'connected') ?? null
    this.take({ type: 'ScriptOffered', on }, now)
    if (this.rollout === rollout && (on !== null || !script.away)) throw new Error(`the machine wants a host for script ${place}, and does not use ${on}`)
  }
}
