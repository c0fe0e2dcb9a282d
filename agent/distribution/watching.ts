/** Hears of each neighbour of a swarm what it has, as it comes to have more. */
import { followHave } from '../../shared/pieces/ask.ts'
import { pause, rest } from '../../shared/machine/backoff.ts'
import type { DriverOptions } from './driver.ts'
import { whereIsNeighbour } from './swarm.ts'

/** Whether somebody is worth watching may change without a word. */
const LOOK_MS = 1000
/** One after another: what there is to ask for first is worth more than to be connected with everybody at once. */
const BEGIN_EVERY_MS = 50
const BACKOFF = { baseMs: 250, capMs: 5000 }

type Watching = Pick<DriverOptions, 'swarm' | 'dialer' | 'leave'>

/** Until `signal` is aborted; never rejects. */
export async function watchNeighbours(options: Watching, signal: AbortSignal): Promise<void> {
  const { swarm } = options
  const watched = new Map<string, Promise<void>>()
  while (!signal.aborted) {
    for (const name of swarm.download.neighboursToWatch) {
      if (watched.has(name)) continue
      watched.set(name, watch(name, options, signal).finally(() => watched.delete(name)))
      await rest(BEGIN_EVERY_MS, signal)
    }
    await swarm.meetings.next(LOOK_MS, signal)
  }
  await Promise.all(watched.values())
}

/** Until it is no neighbour any more, or not worth watching. */
async function watch(name: string, { swarm, dialer, leave }: Watching, signal: AbortSignal): Promise<void> {
  let failures = 0
  for (let neighbour = swarm.neighbours.get(name); neighbour && !signal.aborted; neighbour = swarm.neighbours.get(name)) {
    if (!swarm.download.neighboursToWatch.includes(name)) return
    const grant = await leave.get(signal).catch(() => null)
    const hear = (have: string): void => swarm.heard(name, have)
    const answer = grant === null ? null : await followHave(dialer, whereIsNeighbour(neighbour), swarm.root, hear, { grant, signal })
    failures = answer?.kind === 'over' ? 0 : failures + 1
    if (failures > 0) await pause(BACKOFF, failures, signal)
  }
}
