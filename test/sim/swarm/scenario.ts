/** What a simulated swarm is made of. Shares are of the hosts. */
import { HOST_LIMITS, RELAY_LIMITS } from '../../../shared/swarm/upload.ts'

export type Scenario = {
  seed: number
  hosts: number
  /** Joined by a WAN, each with its relay; the first one's has everything from the beginning. */
  datacenters: number
  hostsPerRack: number
  pieces: number
  pieceBytes: number
  segmentsPerPiece: number
  /** Of a host's link, up and down alike. */
  hostBytesPerMs: number
  /** Of a relay's link, in hosts' links. */
  relaySpeed: number
  wanBytesPerMs: number
  latencyMs: number
  /** How long a message waits in a full uplink's queue. */
  queueMs: number
  /** News of what a host has go out so often, at most. */
  newsMs: number
  hostSlots: number
  hostLine: number
  relaySlots: number
  relayLine: number
  startSpreadMs: number
  /** Vanish in the middle of it, without a word. */
  dying: number
  /** Say that they have everything, and give out rubbish. */
  lying: number
  /** Send nothing for two seconds. */
  stalling: number
  /** Join while the others are at it. */
  late: number
}

/** Twelve hosts on 10 Mbit/s, 10 MB that do not compress, and an origin with the same uplink. */
export const LAB: Scenario = {
  seed: 1, hosts: 12, datacenters: 1, hostsPerRack: 40, pieces: 153, pieceBytes: 64 * 1024, segmentsPerPiece: 4, hostBytesPerMs: 1_250, relaySpeed: 1, wanBytesPerMs: 2_500,
  latencyMs: 2, queueMs: 50, newsMs: 200, hostSlots: HOST_LIMITS.slots, hostLine: HOST_LIMITS.line, relaySlots: RELAY_LIMITS.slots, relayLine: RELAY_LIMITS.line,
  startSpreadMs: 50, dying: 0, lying: 0, stalling: 0, late: 0,
}

/** Two datacenters with trouble in them; each relay has two hosts' uplink, and so has the WAN. */
export const FLEET: Scenario = {
  ...LAB, datacenters: 2, pieces: 256, segmentsPerPiece: 2, relaySpeed: 2, newsMs: 400, startSpreadMs: 500, dying: 0.01, lying: 0.002, stalling: 0.02, late: 0.1,
}
