/**
 * Where hosts and relays may fetch. Owns that a host is told of relays of its own datacenter alone and that coordinators come last; and that all hosts of a
 * datacenter hear the same, whichever coordinator they ask, so that they meet in the same swarm.
 */
import { MAX_SOURCES } from '../../../shared/distribution/offer.ts'
import type { Source } from '../../../shared/distribution/offer.ts'
import type { CoordinatorRecord, RelayRecord, Relays } from '../ports/relays.ts'
import { SOURCE_SILENT_AFTER_MS } from '../ports/relays.ts'
import { byName } from '../../rollout/order.ts'
import { Remembered } from './remembered.ts'

/** The registry is asked so often at most, however many hosts ask. */
export const SOURCES_REMEMBERED_MS = 2000
/** What a host is told of besides relays. */
export const MAX_COORDINATORS_TOLD = 4

/** The label that says which datacenter a host or relay is in; '' where it has none. */
export function datacenterOf({ dc = '' }: Readonly<Record<string, string>>): string {
  return dc
}

/** `own`: the piece port of this coordinator. */
type SourcePorts = { relays: Pick<Relays, 'all' | 'coordinators'>; own: () => Omit<CoordinatorRecord, 'seenAtMs'>; clock: () => number }
type Known = { relays: RelayRecord[]; coordinators: Source[] }

export class Sources {
  readonly #ports: SourcePorts
  readonly #known: Remembered<Known>

  constructor(ports: SourcePorts) {
    this.#ports = ports
    this.#known = new Remembered(() => this.#look(), { forMs: SOURCES_REMEMBERED_MS, atMost: 1 })
  }

  /** For a host of that datacenter. @throws MusterError unavailable */
  async of(dc: string): Promise<Source[]> {
    const { relays, coordinators } = await this.#known.get('')
    const near = relays.filter((relay) => relay.dc === dc).map(sourceOf)
    return [...near.slice(0, MAX_SOURCES - coordinators.length), ...coordinators]
  }

  /** For a relay: the one that it is to ask, while that is heard; then the coordinators. @throws MusterError unavailable */
  async upstreamsOf(name: string, asks: string | null): Promise<Source[]> {
    const { relays, coordinators } = await this.#known.get('')
    return [...relays.filter((relay) => relay.name === asks && relay.name !== name).map(sourceOf), ...coordinators]
  }

  async #look(): Promise<Known> {
    const { relays, own, clock } = this.#ports
    const [all, others] = await Promise.all([relays.all(), relays.coordinators()])
    const isHeard = ({ seenAtMs }: { seenAtMs: number }) => clock() - seenAtMs < SOURCE_SILENT_AFTER_MS
    const mine = own()
    const doors = [mine, ...others.filter((one) => one.name !== mine.name && isHeard(one))].sort((a, b) => byName(a.name, b.name))
    const coordinators = doors.slice(0, MAX_COORDINATORS_TOLD).map(({ name, url }): Source => ({ kind: 'coordinator', name, url }))
    return { relays: all.filter(isHeard), coordinators }
  }
}

function sourceOf({ name, report: { url } }: RelayRecord): Source {
  return { kind: 'relay', name, url }
}
