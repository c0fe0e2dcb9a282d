/**
 * The time since which the present Redis server has been the master. Owns what follows from another one's having begun, which may have forgotten the
 * last changes: no epoch is given twice, and no rollout is driven before the hosts have had time to say what they are at.
 */
import type { Redis } from 'ioredis'
import type { Jobs } from '../../engine/ports/wakeups.ts'
import { MasterRedis } from './master.ts'
import { loadScript } from './script.ts'

/** From the beginning of an era on: longer than the longest pause after which an agent dials again, and what it has to say then. */
export const SETTLING_MS = 20_000

const ERA = '{era}:server'

const enterEra = loadScript<[era: number, ageMs: number]>(new URL('./lua/enter-era.lua', import.meta.url))

type Known = { serverId: string; era: number; settledAtMs: number }

export class Era {
  readonly #redis: Redis
  readonly #settlingMs: number
  #known: Known | null = null

  /** @param redis a private one has a single era, which has always been settled */
  constructor(redis: Redis, settlingMs = SETTLING_MS) {
    this.#redis = redis
    this.#settlingMs = settlingMs
  }

  /** Every session that begins now has a greater epoch than this; no earlier one had. @throws what Redis throws */
  async leastEpoch(): Promise<number> {
    return (await this.#enter())?.era ?? 0
  }

  /** Whether the hosts have had time to say what they are at. @throws what Redis throws */
  async isSettled(): Promise<boolean> {
    const known = await this.#enter()
    return known === null || performance.now() >= known.settledAtMs
  }

  /** The same jobs, which do nothing until the era is settled; the first sweep afterwards wakes what has waited. */
  heldBack({ start, drive, fire, sweep }: Jobs): Jobs {
    const settled = async (job: () => Promise<void>): Promise<void> => {
      if (await this.isSettled()) await job()
    }
    return {
      start: (id) => settled(() => start(id)),
      drive: (id) => settled(() => drive(id)),
      fire: (schedule) => settled(() => fire(schedule)),
      sweep: () => settled(sweep),
    }
  }

  async #enter(): Promise<Known | null> {
    const redis = this.#redis
    if (!(redis instanceof MasterRedis)) return null
    if (this.#known !== null && this.#known.serverId === redis.serverId) return this.#known
    if (redis.serverId === null) await redis.ping()
    const serverId = redis.serverId ?? ''
    const [era, ageMs] = await enterEra(redis, [ERA], [serverId])
    const leftMs = era === 0 ? 0 : this.#settlingMs - ageMs
    this.#known = { serverId, era, settledAtMs: performance.now() + leftMs }
    return this.#known
  }
}
