/** A rollout in the lab, followed host by host: when each has fetched, verified and unpacked the release, which is when it goes on to claim its slot. */
import { STEPS } from '../../shared/command.ts'
import type { RolloutChange } from '../../shared/api/change.ts'
import { connection } from '../e2e/fleet/feed.ts'
import type { Host } from './lab.ts'
import type { MusterInLab } from './muster.ts'

type TaskChange = Extract<RolloutChange, { kind: 'task' }>
/** Of a host: resolved when the release is unpacked. */
type Arrival = PromiseWithResolvers<void>

export class Arrivals {
  readonly #arrivals: ReadonlyMap<string, Arrival>
  readonly #site: MusterInLab

  private constructor(site: MusterInLab, hosts: readonly Host[]) {
    this.#site = site
    this.#arrivals = new Map(hosts.map(({ name }) => [name, Promise.withResolvers<void>()]))
    for (const { promise } of this.#arrivals.values()) promise.catch(() => undefined)
  }

  /** Starts a rollout of release 1 on all of these hosts at once. */
  static begin(site: MusterInLab, service: string, hosts: readonly Host[]): Arrivals {
    const arrivals = new Arrivals(site, hosts)
    arrivals.#follow(service).catch((error: unknown) => {
      for (const { reject } of arrivals.#arrivals.values()) reject(error)
    })
    return arrivals
  }

  /** @throws Error when the host ends without it */
  of(host: Host): Promise<void> {
    return this.#arrivals.get(host.name)!.promise
  }

  async #follow(service: string): Promise<void> {
    const hosts = [...this.#arrivals.keys()].join(',')
    const strategy = { waves: ['100%'], prefetch: false, attempts: 1 }
    const { id } = await this.#site.api.post<{ id: string }>('/v1/rollouts', { service, release: '1', hosts, strategy })
    for await (const { change } of connection(this.#site.door, id, null, this.#site.signal)) if (change.kind === 'task') this.#note(change)
  }

  #note({ host, step, state, message }: TaskChange): void {
    const arrival = this.#arrivals.get(host)
    if (state === 'claimed' || state === 'succeeded' || (step !== null && STEPS.indexOf(step) >= STEPS.indexOf('claim'))) arrival?.resolve()
    else if (state === 'failed' || state === 'timed-out') arrival?.reject(new Error(`${host}: ${state}: ${message}`))
  }
}
