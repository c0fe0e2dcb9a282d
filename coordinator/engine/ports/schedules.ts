/** Rollouts that are to begin at a time, once or again and again. */
import type { RolloutId } from '../../../shared/ids.ts'

export const MAX_SCHEDULES = 1000
/** What became of the last instants of each. */
export const MAX_FIRINGS = 20

export type When = { kind: 'once'; atMs: number; tz: string } | { kind: 'recurring'; cron: string; tz: string }

/** `begun`: a coordinator is at it. `missed`: nobody was there in time; `message` says how many instants. */
export type Firing = { dueAtMs: number; atMs: number; outcome: 'begun' | 'started' | 'refused' | 'missed'; rollout: RolloutId | null; message: string | null }

export type Schedule = {
  name: string
  /** Grows by one with every change. */
  version: number
  service: string
  /** A version, or `latest`: which that is, is looked up when it falls due. */
  release: string
  hosts: string | null
  strategy: Record<string, unknown>
  reason: string | null
  by: string
  createdAtMs: number
  when: When
  pausedBy: string | null
  /** Null: never again, or not while it is paused. */
  nextAtMs: number | null
  /** The latest first. */
  firings: Firing[]
}

export interface Schedules {
  /** `exists`: there is one of this name, and it stays as it is. */
  add(schedule: Schedule): Promise<'added' | 'exists' | 'full'>
  get(name: string): Promise<Schedule | null>
  all(): Promise<Schedule[]>
  /** Only while it has the version before; so of any number of coordinators one gets an instant. @returns whether it did */
  replace(schedule: Schedule): Promise<boolean>
  /** @returns whether it was there */
  remove(name: string): Promise<boolean>
}
