/**
 * The relay's view of one swarm: who is in it, who is whose neighbour, and who may ask the relay itself. Neighbourhood is mutual, never across
 * datacenters, and the graph of it hangs together, also with those who come late. Who does not announce himself again is forgotten.
 */
import type { AnnouncementAnswer, Neighbour } from '../distribution/protocol.ts'

/** As a host announces itself; `dc` from its certificate or grant, never from what it says. `have`: how many pieces. */
export type Announced = Neighbour & { dc: string; have: number; starving: boolean }

export type TrackerLimits = {
  /** So many hosts may ask the relay at once, in each datacenter. */
  askers: number
}

export class Tracker {
  /** @param count of pieces in the swarm */
  constructor(_count: number, _limits?: Partial<TrackerLimits>) {}

  /** Whoever announces himself is in the swarm until he has been silent for longer than he was told to be. */
  announce(_who: Announced, _nowMs: number, _random: () => number): AnnouncementAnswer {
    throw new Error('not yet')
  }

  /** The host has said that it goes, or its connection is refused. */
  leave(_host: string): void {}

  /** Forgets the silent ones; `announce` does so itself. True: nobody is left. */
  isEmpty(_nowMs: number): boolean {
    throw new Error('not yet')
  }

  get size(): number {
    return 0
  }
}
