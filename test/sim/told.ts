/** Effects that only tell: whoever asks what was done leaves them out. */
import type { Effect } from '../../coordinator/rollout/effect.ts'

export function isTold({ type }: Effect): boolean {
  return type === 'Record' || type === 'Announce' || type === 'FreeSlot'
}
