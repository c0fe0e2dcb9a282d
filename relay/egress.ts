/**
 * How much goes out, and to whom at once. Unless it is said in bytes, about two hosts' worth: two answers at a time to the hosts of each datacenter of each
 * swarm, so that they have it from each other. Relays that fetch for a datacenter have places of their own.
 */
import type { ArtifactGrant } from '../shared/artifact-grant.ts'
import { Gate } from '../shared/pieces/gate.ts'
import type { Place } from '../shared/pieces/gate.ts'
import type { Peer } from '../shared/pieces/tls.ts'
import { Pace } from '../shared/swarm/pace.ts'

export type Way = Place & {
  /** So many bytes have gone out. @returns how long to wait before the next ones, in milliseconds */
  took: (bytes: number) => number
}

const HOSTS = { slots: 2, line: 4, perPeer: 1 }
const RELAYS = { slots: 16, line: 16, perPeer: 12 }

export class Egress {
  readonly #pace: Pace
  readonly #gates = new Map<string, Gate>()

  /** @param bytesPerSecond to all together; Infinity: no cap */
  constructor(bytesPerSecond: number) {
    this.#pace = new Pace(bytesPerSecond, performance.now())
  }

  /** @param breakOff ends the answer, because nobody takes it @returns a way out, or in how many milliseconds to ask again */
  admit({ role, host }: Peer, { dc }: ArtifactGrant, root: string, breakOff: () => void): Way | number {
    const place = this.#gateOf(role === 'relay' ? `${root}/relays` : `${root}/in/${dc}`, role === 'relay' ? RELAYS : HOSTS).admit(`${role}/${host}`, breakOff)
    if (typeof place === 'number') return place
    return {
      ...place,
      took: (bytes) => {
        const waitMs = this.#pace.take(bytes, performance.now())
        place.sent(waitMs)
        return waitMs
      },
    }
  }

  /** Nobody is left in the swarm. */
  forget(root: string): void {
    for (const name of this.#gates.keys()) if (name.startsWith(`${root}/`)) this.#gates.delete(name)
  }

  #gateOf(name: string, limits: typeof HOSTS): Gate {
    const known = this.#gates.get(name)
    if (known !== undefined) return known
    const gate = new Gate(limits)
    this.#gates.set(name, gate)
    return gate
  }
}
