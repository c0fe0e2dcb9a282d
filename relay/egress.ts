/**
 * How much goes out, and to whom at once. Unless it is said in bytes, about two hosts' worth: a few answers at a time to the hosts of each datacenter of each
 * swarm, so that they have it from each other. Relays that fetch for a datacenter have places of their own, and so has what is little.
 */
import type { ArtifactGrant } from '../shared/artifact-grant.ts'
import { Gate } from '../shared/pieces/gate.ts'
import type { Place } from '../shared/pieces/gate.ts'
import type { Peer } from '../shared/pieces/tls.ts'
import { Pace } from '../shared/swarm/pace.ts'
import { RELAY_LIMITS } from '../shared/swarm/upload.ts'
import type { UploadLimits } from '../shared/swarm/upload.ts'

export type Way = Place & {
  /** So many bytes have gone out. @returns how long to wait before the next ones, in milliseconds */
  took: (bytes: number) => number
}

const LITTLE = { slots: 16, line: 240, perPeer: 4 }
const RELAYS = { slots: 16, line: 16, perPeer: 12 }

export class Egress {
  readonly #pace: Pace
  readonly #gates = new Map<string, Gate>()

  /** @param bytesPerSecond to all together; Infinity: no cap */
  constructor(bytesPerSecond: number) {
    this.#pace = new Pace(bytesPerSecond, performance.now())
  }

  /** @param breakOff ends the answer, because nobody takes it @returns a way out, or in how many milliseconds to ask again */
  admit({ role, host }: Peer, { dc }: ArtifactGrant, root: string, isLittle: boolean, breakOff: () => void): Way | number {
    const place = this.#gate(role, dc, root, isLittle).admit(`${role}/${host}`, breakOff)
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

  #gate(role: Peer['role'], dc: string, root: string, isLittle: boolean): Gate {
    if (role === 'relay') return this.#gateOf(`${root}/relays`, RELAYS)
    return isLittle ? this.#gateOf(`${root}/little`, LITTLE) : this.#gateOf(`${root}/in/${dc}`, RELAY_LIMITS)
  }

  #gateOf(name: string, limits: UploadLimits): Gate {
    const known = this.#gates.get(name)
    if (known !== undefined) return known
    const gate = new Gate(limits)
    this.#gates.set(name, gate)
    return gate
  }
}
