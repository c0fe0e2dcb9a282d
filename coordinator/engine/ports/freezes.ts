/** Times in which nothing begins. */

/** Each is looked at whenever a rollout moves. */
export const MAX_FREEZES = 200

/** `recurring`: begins at every instant of `cron` in `tz`, and lasts for `forMs`. */
export type Window = { kind: 'once'; fromMs: number; toMs: number } | { kind: 'recurring'; cron: string; tz: string; forMs: number }

export type Freeze = {
  name: string
  window: Window
  /** Globs over names of services, comma-separated; null: all. */
  services: string | null
  /** A selector; null: all hosts. */
  hosts: string | null
  reason: string
  by: string
  createdAtMs: number
}

export interface Freezes {
  /** `exists`: there is one of this name, and it stays as it is. */
  add(freeze: Freeze): Promise<'added' | 'exists' | 'full'>
  /** @returns whether it was there */
  remove(name: string): Promise<boolean>
  all(): Promise<Freeze[]>
}
