/** The swarms that this relay is in. Owns that what a swarm needs stays here as long as somebody is in it, and goes on being fetched. */
import type { Logger } from 'pino'
import type { ArtifactGrant } from '../shared/artifact-grant.ts'
import type { Egress } from './egress.ts'
import type { Flights } from './flights.ts'
import { pull } from './pull.ts'
import { Swarm } from './swarm.ts'

export type SwarmsOptions = {
  flights: Flights
  egress: Egress
  /** Keeps what a swarm needs; null: it is no longer needed. */
  pin: (root: string, digests: readonly string[] | null) => void
  /** Whether this relay is to have a piece of its own accord; null: it fetches nothing that nobody asks for. */
  isMine: ((digest: string) => boolean) | null
  log: Logger
  ending: AbortSignal
}

const MAX_SWARMS = 512
/** Since somebody has last wanted anything. */
const DESERTED_MS = 2 * 60_000
const LOOK_EVERY_MS = 10_000

export class Swarms {
  readonly #options: SwarmsOptions
  readonly #swarms = new Map<string, Swarm>()
  /** Of those that fetch by themselves. */
  readonly #pulling = new Map<string, AbortController>()

  constructor(options: SwarmsOptions) {
    this.#options = options
    const timer = setInterval(() => this.#forgetDeserted(), LOOK_EVERY_MS).unref()
    options.ending.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  get all(): Iterable<Swarm> {
    return this.#swarms.values()
  }

  get size(): number {
    return this.#swarms.size
  }

  get(root: string): Swarm | undefined {
    return this.#swarms.get(root)
  }

  /** Of whoever holds a grant for it. Null: there are too many. */
  open(root: string, grant: ArtifactGrant, text: string): Swarm | null {
    const known = this.#swarms.get(root)
    if (known === undefined && this.#swarms.size >= MAX_SWARMS) this.#forgetDeserted()
    if (known === undefined && this.#swarms.size >= MAX_SWARMS) return null
    const swarm = known ?? this.#begin(root)
    swarm.used(grant, text)
    return swarm
  }

  /** Somebody has announced himself: all of it will be wanted. */
  pull(swarm: Swarm): void {
    const { isMine, flights, ending } = this.#options
    if (isMine === null || this.#pulling.has(swarm.root) || swarm.absent().next().done) return
    const stopping = new AbortController()
    this.#pulling.set(swarm.root, stopping)
    swarm.isPulled = true
    void pull(swarm, flights, isMine, AbortSignal.any([ending, stopping.signal])).finally(() => {
      swarm.isPulled = false
      this.#pulling.delete(swarm.root)
    })
  }

  #begin(root: string): Swarm {
    const { flights, pin, ending } = this.#options
    const swarm = new Swarm(root, flights, ending)
    pin(root, [root])
    swarm.onWhole = (pieces) => pin(root, [root, ...pieces.map(({ digest }) => digest)])
    this.#swarms.set(root, swarm)
    return swarm
  }

  #forgetDeserted(): void {
    const { pin, egress } = this.#options
    for (const [root, swarm] of this.#swarms) {
      if (!swarm.isDeserted(DESERTED_MS)) continue
      this.#swarms.delete(root)
      this.#pulling.get(root)?.abort()
      pin(root, null)
      egress.forget(root)
    }
  }
}
