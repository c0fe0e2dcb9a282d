/** Who gives out pieces: relays, as they report themselves, and coordinators by their own piece ports. Nobody counts for longer than he is heard. */
import type { RelayReport } from '../../../shared/distribution/relay-report.ts'

/** Agents and relays are told of nobody who has been silent for longer; of both there are reports every few seconds. */
export const SOURCE_SILENT_AFTER_MS = 30_000
/** Of others nobody is told. */
export const MAX_RELAYS = 1000
export const MAX_COORDINATORS = 100

/** `dc`: the datacenter that it serves, '' for none: as its identity binds it, else as it says. */
export type RelayRecord = { name: string; dc: string; report: RelayReport; seenAtMs: number }

/** `name`: its id. `url`: of its piece port. */
export type CoordinatorRecord = { name: string; url: string; seenAtMs: number }

export interface Relays {
  /** False, and it is not remembered: there are MAX_RELAYS others, all of which are heard. */
  hear(relay: RelayRecord): Promise<boolean>
  /** All that are remembered, also such as have fallen silent, by name. */
  all(): Promise<RelayRecord[]>
  /** False: it was not known. */
  forget(name: string): Promise<boolean>
  /** Forgets the coordinators that have fallen silent. */
  announce(coordinator: CoordinatorRecord): Promise<void>
  leave(name: string): Promise<void>
  coordinators(): Promise<CoordinatorRecord[]>
}
