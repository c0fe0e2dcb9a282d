/** Holds what the poller saw against what the rollouts said they were doing. */
import type { Sighting } from './poller.ts'

/** A host was being changed by a rollout: it may be down then, and at no other time. */
export type Touch = { host: string; rollout: string; fromMs: number; toMs: number }

export type Verdict = { questions: number; downWhileRestarting: number; mostDownAtOnce: number; complaints: string[] }

/** How many complaints are told; the first are the ones that matter. */
const MAX_COMPLAINTS = 20

export function judge(sightings: readonly Sighting[], touches: readonly Touch[], window: number): Verdict {
  const complaints: string[] = []
  const failed = sightings.filter((sighting) => 'failure' in sighting)
  const outside = failed.filter(
    (sighting) => !touches.some((touch) => touch.host === sighting.host && touch.fromMs <= sighting.toMs && sighting.fromMs <= touch.toMs),
  )
  for (const sighting of outside) {
    complaints.push(
      `${sighting.host} failed outside its own restart, at ${new Date(sighting.fromMs).toISOString()}: ${'failure' in sighting ? sighting.failure : ''}`,
    )
  }
  const mostDownAtOnce = mostAtOnce(sightings)
  if (mostDownAtOnce > window) complaints.push(`${mostDownAtOnce} hosts were down at once; the window is ${window}`)
  return {
    questions: sightings.length,
    downWhileRestarting: failed.length - outside.length,
    mostDownAtOnce,
    complaints: complaints.slice(0, MAX_COMPLAINTS),
  }
}

/** The most hosts that were down together: a host is down from its first failed answer to the moment before its next good one was asked for. */
function mostAtOnce(sightings: readonly Sighting[]): number {
  const edges: { atMs: number; by: 1 | -1 }[] = []
  for (const ofHost of Map.groupBy(sightings, ({ host }) => host).values()) {
    let downSince: number | null = null
    let lastBad = 0
    for (const sighting of ofHost) {
      if ('failure' in sighting) {
        downSince ??= sighting.toMs
        lastBad = sighting.toMs
      } else if (downSince !== null) {
        edges.push({ atMs: downSince, by: 1 }, { atMs: lastBad, by: -1 })
        downSince = null
      }
    }
    if (downSince !== null) edges.push({ atMs: downSince, by: 1 })
  }
  let down = 0
  let most = 0
  for (const { by } of edges.sort((a, b) => a.atMs - b.atMs || a.by - b.by)) most = Math.max(most, (down += by))
  return most
}
