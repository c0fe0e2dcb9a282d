/** When a host announces itself to the tracker again. */

/** Who starves does not wait for the whole time; but thousands who starve at once still are no storm. */
const STARVING_SHARE = 0.25
const SOONEST_MS = 250

/** @param nextMs what the tracker said in the answer that came at `answeredMs` */
export function announceAtMs(answeredMs: number, nextMs: number, isStarving: boolean): number {
  return answeredMs + (isStarving ? Math.max(SOONEST_MS, nextMs * STARVING_SHARE) : nextMs)
}
