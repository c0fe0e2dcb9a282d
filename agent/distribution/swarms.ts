/** The swarms that this host is in: those whose pieces it fetches, and for a while those that it has fetched, so that others get them from it. */
import type { Logger } from 'pino'
import { keepAnnouncing } from './announcing.ts'
import type { AnnouncingOptions, Self } from './announcing.ts'
import type { Swarm } from './swarm.ts'

/** A wave of hosts that begins a little later still finds it. */
export const SEED_MS = 5 * 60_000
/** More are not announced at once. */
const MAX_SEEDED = 16

type Part = { swarm: Swarm; leaving: AbortController; timer: NodeJS.Timeout | undefined }

export class Swarms {
  /** Those that were joined last at the end. */
  readonly #parts = new Map<string, Part>()
  readonly #self: () => Self | null
  readonly #log: Logger

  /** @param self null: this host gives out nothing, and is no neighbour */
  constructor(self: () => Self | null, log: Logger) {
    this.#self = self
    this.#log = log
  }

  get(root: string): Swarm | null {
    return this.#parts.get(root)?.swarm ?? null
  }

  /** In place of an earlier part in the same swarm. */
  join(options: Omit<AnnouncingOptions, 'self'>): void {
    const { swarm } = options
    this.leave(swarm.root)
    const leaving = new AbortController()
    this.#parts.set(swarm.root, { swarm, leaving, timer: undefined })
    const self = this.#self()
    if (self !== null) void keepAnnouncing({ ...options, self }, leaving.signal)
  }

  /** All is here. It goes on for a while, for the others. */
  seed(root: string): void {
    const part = this.#parts.get(root)
    if (!part) return
    part.timer = setTimeout(() => this.leave(root), SEED_MS).unref()
    const seeded = [...this.#parts].filter(([, { timer }]) => timer !== undefined)
    for (const [oldest] of seeded.slice(0, Math.max(0, seeded.length - MAX_SEEDED))) this.leave(oldest)
  }

  leave(root: string): void {
    const part = this.#parts.get(root)
    if (!part) return
    this.#parts.delete(root)
    clearTimeout(part.timer)
    part.leaving.abort()
    this.#log.debug({ root }, 'left a swarm')
  }

  close(): void {
    for (const root of this.#parts.keys()) this.leave(root)
  }
}
