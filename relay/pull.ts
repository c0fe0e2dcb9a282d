/** Fetches a whole swarm's pieces because somebody is there who will want them: a few at once, by chance. */
import { rest } from '../shared/machine/backoff.ts'
import type { Flights, Wanted } from './flights.ts'
import type { Swarm } from './swarm.ts'

const AT_ONCE = 4
const AGAIN_AFTER_MS = 1000

/**
 * Until everything is here, there is no room, or `signal` is aborted. Never rejects.
 * @param isMine whether this relay is to have a piece; several may share a datacenter's
 */
export async function pull(swarm: Swarm, flights: Flights, isMine: (digest: string) => boolean, signal: AbortSignal): Promise<void> {
  const underWay = new Set<string>()
  const next = (): Wanted | undefined => {
    const absent = [...swarm.absent()].filter(({ digest }) => !underWay.has(digest) && isMine(digest))
    return absent[Math.floor(Math.random() * absent.length)]
  }
  async function work(): Promise<void> {
    for (let wanted = next(); wanted !== undefined && !signal.aborted && !flights.isFull; wanted = next()) {
      underWay.add(wanted.digest)
      const flight = flights.get(wanted)
      const isHere = flight !== null && await flight.landed(signal) !== null
      underWay.delete(wanted.digest)
      if (!isHere) await rest(AGAIN_AFTER_MS, signal)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}
