/** A freeze window in words. */
import type { FreezeView } from '../../shared/api/freeze.ts'
import { timeToCome } from '../schedule/time-flags.ts'
import { dateAndTime } from '../text/clock.ts'

/** `open until …`, `opens …`, `over`. */
export function windowOf({ openUntilMs, nextAtMs }: FreezeView, now: number): string {
  if (openUntilMs !== null) return `open until ${dateAndTime(openUntilMs)}`
  return nextAtMs === null ? 'over' : `opens ${timeToCome(nextAtMs, now)}`
}
