/** One round of work on one rollout, in memory: events go in, and what the save needs comes out. Owns that every row is stepped in its latest version. */
import type { RolloutChange } from '../../shared/api/change.ts'
import type { HostName } from '../../shared/ids.ts'
import type { Effect } from '../rollout/effect.ts'
import { hostOf } from '../rollout/event.ts'
import type { Event } from '../rollout/event.ts'
import type { Rollout, Task } from '../rollout/state.ts'
import { step } from '../rollout/step.ts'
import { changesBetween } from './changes.ts'

export class Transaction {
  rollout: Rollout
  readonly effects: Effect[] = []
  readonly changes: RolloutChange[] = []
  readonly #known: Map<HostName, Task>
  readonly #touched = new Map<HostName, Task>()
  readonly #original: Rollout

  constructor(rollout: Rollout, known: ReadonlyMap<HostName, Task>) {
    this.rollout = rollout
    this.#original = rollout
    this.#known = new Map(known)
  }

  /** Rows that are stepped must be known; what this round has changed already stays as it is here. */
  learn(tasks: Iterable<Task>): void {
    for (const task of tasks) if (!this.#known.has(task.host)) this.#known.set(task.host, task)
  }

  task(host: HostName): Task | null {
    return this.#known.get(host) ?? null
  }

  /** Why a control was refused; null when the event was taken in (or ignored). */
  apply(event: Event, now: number): string | null {
    const host = hostOf(event)
    const before = host === null ? null : this.task(host)
    const stepped = step(this.rollout, before, event, now)
    if (stepped.refused !== null) return stepped.refused
    this.changes.push(...changesBetween({ rollout: this.rollout, task: before }, stepped, event, now))
    this.rollout = stepped.rollout
    this.effects.push(...stepped.effects)
    if (stepped.task !== null && stepped.task !== before) {
      this.#known.set(stepped.task.host, stepped.task)
      this.#touched.set(stepped.task.host, stepped.task)
    }
    return null
  }

  get tasks(): Task[] {
    return [...this.#touched.values()]
  }

  get hasChanged(): boolean {
    return this.rollout !== this.#original || this.#touched.size > 0 || this.effects.length > 0
  }
}
