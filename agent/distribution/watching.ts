/** Asks each neighbour of a swarm what it has, again and again: it answers when that is more than it was. */
import { askHave } from '../../shared/pieces/ask.ts'
import type { HaveAnswer } from '../../shared/pieces/ask.ts'
import { pause } from '../../shared/machine/backoff.ts'
import type { DriverOptions } from './driver.ts'
import { whereIsNeighbour } from './swarm.ts'

/** A neighbour answers within that time, whether it has more or not. */
const WAIT_MS = 20_000
/** News of one are asked for no more often: what is exchanged besides tells most of them. */
const LOOK_MS = 1000
const BACKOFF = { baseMs: 250, capMs: 5000 }

type Watching = Pick<DriverOptions, 'swarm' | 'dialer' | 'leave'>

/** Until `signal` is aborted; never rejects. */
export async function watchNeighbours(options: Watching, signal: AbortSignal): Promise<void> {
  const { swarm } = options
  const watched = new Map<string, Promise<void>>()
  while (!signal.aborted) {
    for (const name of swarm.download.neighboursToWatch) {
      if (!watched.has(name)) watched.set(name, watch(name, options, signal).finally(() => watched.delete(name)))
    }
    await swarm.bell.next(LOOK_MS, signal)
  }
  await Promise.all(watched.values())
}

/** Until it is no neighbour any more, or not worth watching. */
async function watch(name: string, { swarm, dialer, leave }: Watching, signal: AbortSignal): Promise<void> {
  let known: string | null = null
  let failures = 0
  for (let neighbour = swarm.neighbours.get(name); neighbour && !signal.aborted; neighbour = swarm.neighbours.get(name)) {
    if (!swarm.download.neighboursToWatch.includes(name)) return
    const grant = await leave.get(signal).catch(() => null)
    const answer: HaveAnswer | null = grant === null ? null : await askHave(dialer, whereIsNeighbour(neighbour), swarm.root, known, WAIT_MS, { grant, signal })
    if (answer?.kind === 'have') {
      known = answer.have
      failures = 0
      swarm.heard(name, known)
    } else {
      failures += 1
      await pause(BACKOFF, failures, signal)
    }
  }
}
