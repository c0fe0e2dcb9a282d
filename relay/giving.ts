/**
 * Gives out a piece while it arrives. Owns that nobody waits long for what is not here: a piece of which no byte comes soon is answered with busy, and its
 * flight goes on, so that it is here when somebody asks again.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { PIECE_HEADER } from '../shared/distribution/protocol.ts'
import { endOnArrival } from '../shared/pieces/arrival.ts'
import { closed } from '../shared/pieces/closed.ts'
import type { Peer } from '../shared/pieces/tls.ts'
import type { ArtifactGrant } from '../shared/artifact-grant.ts'
import { Bitmap } from '../shared/swarm/bitmap.ts'
import type { Egress, Way } from './egress.ts'
import type { Flight } from './flight.ts'
import type { Flights, Wanted } from './flights.ts'
import { busy, missing } from './reply.ts'
import type { Counts } from './stats.ts'
import type { Swarm } from './swarm.ts'

/** Less than after what whoever asks takes a machine for dead. */
const FIRST_BYTE_WITHIN_MS = 600
const ASK_AGAIN_MS = 150
/** Too many pieces are on their way, or this one could not be had just now. */
const ASK_LATER_MS = 1000
const WRITE_BYTES = 64 * 1024

export type Asker = { peer: Peer; grant: ArtifactGrant }

/** What the swarm consists of is not waited for any longer than for a piece. */
export async function learnSoon(swarm: Swarm, response: ServerResponse): Promise<void> {
  const patience = AbortSignal.any([closed(response), AbortSignal.timeout(FIRST_BYTE_WITHIN_MS)])
  await Promise.race([swarm.learn(), once(patience, 'abort')])
}

export class Giving {
  readonly #flights: Flights
  readonly #egress: Egress
  readonly #counts: Counts

  constructor(flights: Flights, egress: Egress, counts: Counts) {
    this.#flights = flights
    this.#egress = egress
    this.#counts = counts
  }

  /** Small, and wanted before everything else: it waits for nobody. */
  async root(swarm: Swarm, { peer }: Asker, response: ServerResponse): Promise<void> {
    const gone = closed(response)
    const flight = this.#flights.get(swarm.wantedRoot())
    const bytes = await flight?.landed(AbortSignal.any([gone, AbortSignal.timeout(FIRST_BYTE_WITHIN_MS)]))
    if (!bytes) return this.#without(flight, response)
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    this.#sent(peer, bytes.length)
    this.#counts.given++
  }

  async piece(swarm: Swarm, index: number, asker: Asker, response: ServerResponse): Promise<void> {
    await learnSoon(swarm, response)
    const wanted = swarm.wanted(index)
    if (wanted === null) return swarm.count !== null && index >= swarm.count ? this.#missing(response) : this.#busy(response, ASK_AGAIN_MS)
    await this.#inTurn(swarm, swarm.isLittle(index), asker, response, () => {
      swarm.gave(index)
      return wanted
    })
  }

  /** The one that was given out least. @param bitmap of those that are wanted, as it was sent */
  async any(swarm: Swarm, bitmap: string, asker: Asker, response: ServerResponse): Promise<void> {
    await learnSoon(swarm, response)
    if (swarm.count === null) return this.#busy(response, ASK_AGAIN_MS)
    const wanted = swarm.first(Bitmap.decode(bitmap, swarm.count))
    const [one] = wanted.indexes()
    if (one === undefined) return this.#missing(response)
    await this.#inTurn(swarm, swarm.isLittle(one), asker, response, () => swarm.choose(wanted))
  }

  async #inTurn(swarm: Swarm, isLittle: boolean, asker: Asker, response: ServerResponse, choose: () => Wanted | null): Promise<void> {
    const way = this.#egress.admit(asker.peer, asker.grant, swarm.root, isLittle, () => response.destroy())
    if (typeof way === 'number') return this.#busy(response, way)
    const gone = closed(response)
    gone.addEventListener('abort', way.end, { once: true })
    try {
      await way.turn
      const wanted = gone.aborted ? null : choose()
      if (wanted === null) return this.#busy(response, ASK_AGAIN_MS)
      const isGiven = await this.#give(wanted, asker.peer, way, response, gone)
      if (!isGiven) swarm.takenBack(wanted.index!)
    } finally {
      way.end()
    }
  }

  /** False: not all of it has gone out. */
  async #give(wanted: Wanted, peer: Peer, way: Way, response: ServerResponse, gone: AbortSignal): Promise<boolean> {
    const flight = this.#flights.get(wanted)
    const hasBegun = await flight?.begun(AbortSignal.any([gone, AbortSignal.timeout(FIRST_BYTE_WITHIN_MS)]))
    if (flight === null || !hasBegun) {
      this.#without(flight, response)
      return false
    }
    response.writeHead(200, { [PIECE_HEADER]: String(wanted.index), 'content-length': wanted.sizeBytes! })
    try {
      for await (const stretch of flight.read(gone)) {
        for (let at = 0; at < stretch.length; at += WRITE_BYTES) {
          const part = stretch.subarray(at, at + WRITE_BYTES)
          if (!response.write(part)) await once(response, 'drain', { signal: gone })
          this.#sent(peer, part.length)
          const waitMs = way.took(part.length)
          if (waitMs > 0) await delay(waitMs, undefined, { signal: gone })
        }
      }
      await endOnArrival(response, gone)
      this.#counts.given++
      return true
    } catch {
      // it did not arrive, or whoever asked has gone: a broken connection says so
      response.destroy()
      return false
    }
  }

  #without(flight: Flight | null | undefined, response: ServerResponse): void {
    if (flight?.end === 'missing') return this.#missing(response)
    this.#busy(response, flight === null || flight?.end === 'unavailable' ? ASK_LATER_MS : ASK_AGAIN_MS)
  }

  #missing(response: ServerResponse): void {
    this.#counts.missing++
    missing(response)
  }

  #busy(response: ServerResponse, retryMs: number): void {
    this.#counts.busy++
    if (!response.destroyed) busy(response, retryMs)
  }

  #sent({ role }: Peer, bytes: number): void {
    if (role === 'relay') this.#counts.sentToRelaysBytes += bytes
    else this.#counts.sentToHostsBytes += bytes
  }
}
